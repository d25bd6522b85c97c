#pragma once
// An event loop that a test runs by hand.

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A loop whose tasks wait until the test runs them, and whose time passes when the test says so: for testing a room or
/// a policy without a server. Converts to loop&. Tasks may be posted from any thread; everything else belongs to the
/// test's.
class manual_loop {
public:
    /// @param index its index among the loops of a test, from 0.
    explicit manual_loop(std::size_t index = 0);

    operator loop&() noexcept { return loop_; }
    [[nodiscard]] loop& get() noexcept { return loop_; }

    /// From now on the loop seems to belong to another thread, except within run(), run_one() and advance().
    void belong_to_another_thread();

    /// Runs one task. @returns whether there was one.
    bool run_one();
    /// Runs all tasks, and those that they post.
    /// @returns the number of tasks.
    std::size_t run();
    /// Lets time pass, both the loop's and, if set_wall_time() was called, that of the day; runs the timers that are
    /// due.
    void advance(loop::clock::duration time);
    /// Sets the time of day, which passes with advance() from then on.
    void set_wall_time(std::chrono::system_clock::time_point now);

    /// The number of tasks that wait.
    [[nodiscard]] std::size_t waiting() const;

private:
    void post(loop::task task);
    template <class Action>
    void run_as_owner(Action&& action) {
        if (is_foreign_) loop_.enter();
        action();
        if (is_foreign_) loop_.suspend();
    }

    mutable std::mutex mutex_;
    std::deque<loop::task> tasks_;  // under the mutex
    std::chrono::system_clock::time_point wall_now_{};
    bool is_foreign_ = false;
    bool has_wall_time_ = false;
    loop loop_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/manual_loop.ipp>
#endif
