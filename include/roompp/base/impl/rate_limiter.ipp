#pragma once
// Rate limits by peer address.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include <roompp/base/limits.hpp>
#include <roompp/base/rate_limiter.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL std::chrono::seconds rate_limiter::refill_time(const limits& limits) noexcept {
    constexpr std::uint64_t max_seconds = 24 * 3600;
    const std::uint64_t seconds = limits.bytes_per_second == 0 ? 0 : byte_burst(limits) / limits.bytes_per_second;
    return std::chrono::seconds(2 + (std::min)(seconds, max_seconds));
}

ROOMPP_DECL bool address_rate_limiter::allow(const std::string& address, std::size_t bytes, const limits& limits,
                                             time_point now) {
    if (limits.messages_per_second == 0 && limits.bytes_per_second == 0) return true;
    auto found = entries_.find(address);
    if (found == entries_.end()) {
        if (entries_.size() >= max_addresses) forget_unused(rate_limiter::refill_time(limits), now);
        if (entries_.size() >= max_addresses) return shared_limiter_.allow(bytes, limits, now);
        found = entries_.emplace(address, entry{}).first;
    }
    found->second.last_used = now;
    return found->second.limiter.allow(bytes, limits, now);
}

ROOMPP_DECL void address_rate_limiter::forget_unused(std::chrono::seconds age, time_point now) {
    if (now == last_cleanup_) return;  // O(addresses), and there is nothing new to find
    last_cleanup_ = now;
    for (auto it = entries_.begin(); it != entries_.end();)
        it = now - it->second.last_used >= age ? entries_.erase(it) : std::next(it);
}

}  // namespace detail
ROOMPP_NAMESPACE_END
