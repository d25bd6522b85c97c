#pragma once
// The work that one connection may do before others get their turn.

#include <chrono>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Bounds a connection's turn in work, not only in bytes: 64 KiB hold ten thousand empty frames, or a thousand requests.
/// Counted in units, so that tests in virtual time repeat exactly; where the loop follows the real time, also in that.
/// One for each loop, restarted by the connection that is handled. Not thread-safe.
class work_budget {
public:
    /// What a WebSocket frame costs.
    static constexpr unsigned frame_cost = 1;
    /// What an HTTP request costs.
    static constexpr unsigned request_cost = 16;
    /// The units of a turn.
    static constexpr unsigned max_units = 256;
    /// The time of a turn; it is looked at after each `time_check_units`, which hold no more than one request.
    static constexpr std::chrono::microseconds max_time{250};

    /// Starts a turn.
    /// @param is_timed whether its time is bounded as well as its work.
    void restart(bool is_timed) {
        units_ = max_units;
        next_time_check_ = units_ - time_check_units;
        is_timed_ = is_timed;
        if (is_timed_) end_ = clock::now() + max_time;
    }

    /// Counts work that has been done.
    /// @returns whether the turn may go on.
    bool spend(unsigned units) {
        units_ -= units < units_ ? units : units_;
        if (is_timed_ && units_ <= next_time_check_ && units_ != 0) {
            next_time_check_ = units_ < time_check_units ? 0 : units_ - time_check_units;
            if (clock::now() >= end_) units_ = 0;
        }
        return units_ != 0;
    }

    /// Whether the turn may go on.
    [[nodiscard]] bool has_left() const noexcept { return units_ != 0; }

private:
    using clock = std::chrono::steady_clock;
    static constexpr unsigned time_check_units = request_cost;

    unsigned units_ = max_units;
    unsigned next_time_check_ = 0;
    bool is_timed_ = false;
    clock::time_point end_{};
};

}  // namespace net
ROOMPP_NAMESPACE_END
