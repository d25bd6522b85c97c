#pragma once
// A rate with some patience.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Lets through so much a second on average, and at once as much as was not used in the time before. What the rate is, the
/// caller says each time, so that a bucket costs two words.
class token_bucket {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Takes tokens if they are there.
    /// @param rate tokens a second; 0 lets everything through.
    /// @param burst how many may be unused at most; the bucket starts with so many.
    [[nodiscard]] bool take(std::uint64_t wanted, std::uint64_t rate, std::uint64_t burst, time_point now) noexcept {
        if (rate == 0) return true;
        refill(rate, burst, now);
        if (wanted > tokens_) return false;
        tokens_ -= wanted;
        return true;
    }

private:
    void refill(std::uint64_t rate, std::uint64_t burst, time_point now) noexcept {
        using std::chrono::milliseconds;
        constexpr milliseconds most(60'000);  // fills any sensible bucket; more could overflow
        const auto passed = std::chrono::duration_cast<milliseconds>(now - since_);
        const std::uint64_t gained =
            rate * static_cast<std::uint64_t>(std::clamp(passed, milliseconds(0), most).count()) / 1000;
        if (gained == 0 && tokens_ <= burst) return;
        tokens_ = tokens_ >= burst || gained >= burst - tokens_ ? burst : tokens_ + gained;
        since_ = now;
    }

    std::uint64_t tokens_ = std::numeric_limits<std::uint64_t>::max();
    time_point since_{};
};

ROOMPP_NAMESPACE_END
