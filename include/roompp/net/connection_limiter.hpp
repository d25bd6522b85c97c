#pragma once
// How many connections each peer address has.

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Counts connections by their peer's address. Safe from any thread.
class connection_limiter {
public:
    /// One connection's place; given back when it is destroyed.
    class place {
    public:
        place(connection_limiter& book, std::string address) : book_(book), address_(std::move(address)) {}
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place() { book_.leave(address_); }

    private:
        connection_limiter& book_;
        std::string address_;
    };

    /// A place for one more connection of this address; none if it has `most` already.
    [[nodiscard]] std::unique_ptr<place> enter(const std::string& address, std::size_t most) {
        const std::lock_guard lock(mutex_);
        std::size_t& count = counts_[address];
        if (count >= most) return nullptr;
        ++count;
        return std::make_unique<place>(*this, address);
    }

private:
    void leave(const std::string& address) noexcept {
        const std::lock_guard lock(mutex_);
        const auto found = counts_.find(address);
        if (found != counts_.end() && --found->second == 0) counts_.erase(found);
    }

    std::mutex mutex_;
    std::map<std::string, std::size_t> counts_;
};

}  // namespace net
ROOMPP_NAMESPACE_END
