#pragma once
// Rate limits: a token bucket, the limits of a client's messages and bytes, and the same for each peer address.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>

#include <roompp/base/limits.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Allows a rate on average, and at once as much as was not used before, up to a burst. Rate and burst are passed with
/// each call, so that a bucket takes two words. Not thread-safe.
class token_bucket {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Takes tokens if there are enough.
    /// @param rate tokens a second; 0 allows everything.
    /// @param burst the largest number of unused tokens; a new bucket has as many.
    /// @param now a time before that of an earlier call adds no tokens.
    /// @returns whether there were enough.
    [[nodiscard]] bool take(std::uint64_t count, std::uint64_t rate, std::uint64_t burst, time_point now) noexcept {
        if (rate == 0) return true;
        refill(rate, burst, now);
        if (count > tokens_) return false;
        tokens_ -= count;
        return true;
    }

private:
    void refill(std::uint64_t rate, std::uint64_t burst, time_point now) noexcept {
        using std::chrono::milliseconds;
        constexpr milliseconds max_interval(60'000);  // fills any sensible bucket; more could overflow
        const auto interval = std::chrono::duration_cast<milliseconds>(now - refilled_at_);
        const std::uint64_t gained =
            rate * static_cast<std::uint64_t>(std::clamp(interval, milliseconds(0), max_interval).count()) / 1000;
        if (gained == 0 && tokens_ <= burst) return;
        tokens_ = tokens_ >= burst || gained >= burst - tokens_ ? burst : tokens_ + gained;
        refilled_at_ = now;
    }

    std::uint64_t tokens_ = (std::numeric_limits<std::uint64_t>::max)();
    time_point refilled_at_{};
};

namespace detail {

/// The rate of one client's messages: limits::messages_per_second and limits::bytes_per_second. Not thread-safe.
class rate_limiter {
public:
    using time_point = token_bucket::time_point;

    /// Counts a message of so many bytes.
    /// @returns whether it is within the limits.
    [[nodiscard]] bool allow(std::size_t bytes, const limits& limits, time_point now) noexcept {
        return messages_.take(1, limits.messages_per_second, limits.messages_per_second, now) &&
               bytes_.take(bytes, limits.bytes_per_second, byte_burst(limits), now);
    }

    /// The time after which an unused limiter is as good as a new one.
    [[nodiscard]] static std::chrono::seconds refill_time(const limits& limits) noexcept;

private:
    // One largest message must fit, however low the rate.
    static std::uint64_t byte_burst(const limits& limits) noexcept {
        return std::max<std::uint64_t>(limits.bytes_per_second, limits.message_bytes);
    }

    token_bucket messages_;
    token_bucket bytes_;
};

/// A rate limiter for each peer address, for clients without a membership: every request of theirs would otherwise
/// start with a full bucket. At most max_addresses are known; further ones share one limiter. Not thread-safe.
class address_rate_limiter {
public:
    using time_point = rate_limiter::time_point;

    static constexpr std::size_t max_addresses = 10'000;

    /// Counts a message of so many bytes from this address.
    /// @returns whether it is within the limits.
    [[nodiscard]] bool allow(const std::string& address, std::size_t bytes, const limits& limits, time_point now);

private:
    struct entry {
        rate_limiter limiter;
        time_point last_used;
    };

    void forget_unused(std::chrono::seconds age, time_point now);

    std::unordered_map<std::string, entry> entries_;
    rate_limiter shared_limiter_;
    time_point last_cleanup_{};
};

}  // namespace detail

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/rate_limiter.ipp>
#endif
