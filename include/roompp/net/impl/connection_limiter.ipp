#pragma once
// Counting connections by address.

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include <roompp/config.hpp>
#include <roompp/net/connection_limiter.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL std::unique_ptr<connection_limiter::slot> connection_limiter::enter(const std::string& address,
                                                                                std::size_t max_connections) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[address];
    if (count >= max_connections) return nullptr;
    ++count;
    return std::make_unique<slot>(*this, address);
}

ROOMPP_DECL void connection_limiter::leave(const std::string& address) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(address);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace net
ROOMPP_NAMESPACE_END
