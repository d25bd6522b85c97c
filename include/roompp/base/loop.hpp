#pragma once
// An event loop as the lower layers see it: it runs tasks one at a time and in order, timers, and has a clock.

#include <any>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// One event loop (a shard). A connection lives on one loop; a room has one loop as its home. A loop runs one task at a
/// time, so nothing that belongs to it needs a lock.
class loop {
public:
    using task = std::function<void()>;
    using clock = std::chrono::steady_clock;

private:
    struct timer_set;
    using timer_key = std::pair<clock::time_point, std::uint64_t>;  // of equal times, the earlier made first

public:
    /// A task that waits for its time. Destroying the timer, or assigning to it, cancels the task. Movable. Belongs to
    /// the loop's thread; may outlive the loop.
    class timer {
    public:
        timer() = default;
        timer(timer&&) noexcept = default;
        timer& operator=(timer&& other) noexcept {
            if (this != &other) {
                cancel();
                timers_ = std::exchange(other.timers_, {});
                key_ = other.key_;
            }
            return *this;
        }
        ~timer() { cancel(); }

        /// Prevents the task from running; does nothing if it has run, or is running.
        void cancel() noexcept;

    private:
        friend class loop;
        timer(const std::shared_ptr<timer_set>& timers, timer_key key) noexcept : timers_(timers), key_(key) {}
        std::weak_ptr<timer_set> timers_;
        timer_key key_{};
    };

    /// Reaches a loop from a thread that may outlive it, such as one of a log. Copyable; safe from any thread.
    class handle {
    public:
        /// Queues a task as loop::post(), unless the loop has ended: then the task is destroyed. @returns whether it is queued.
        bool post(task work) const;

    private:
        friend class loop;
        struct target {
            std::mutex mutex;
            loop* reached = nullptr;  // null: it has ended
        };
        explicit handle(std::shared_ptr<target> shared) noexcept : target_(std::move(shared)) {}
        std::shared_ptr<target> target_;
    };

    /// @param post queues a task that the loop's thread runs, first in first out; must be callable from any thread.
    /// @param index this loop's position among its server's loops, from 0.
    explicit loop(std::function<void(task)> post, std::size_t index = 0);
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;
    ~loop() { end_handles(); }

    /// Safe from any thread while the loop exists.
    [[nodiscard]] handle get_handle() const { return handle(target_); }
    /// For the driver, before what runs the loop is destroyed: from now on handles do nothing.
    void end_handles() noexcept;

    /// The object that runs the loop, for layers that know its type, such as an Asio executor. Set before the loop is
    /// used.
    [[nodiscard]] const std::any& executor() const noexcept { return executor_; }
    void set_executor(std::any executor) { executor_ = std::move(executor); }
    [[deprecated("use executor()")]] [[nodiscard]] const std::any& runner() const noexcept { return executor_; }

    /// This loop's position among its server's loops, from 0.
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

    /// Queues a task for the loop's thread. Safe from any thread; the tasks of one thread keep their order.
    void post(task work) { post_(std::move(work)); }

    /// Runs the task now if the caller is on the loop's thread, else as post() does. Safe from any thread.
    template <class Task>
    void dispatch(Task&& work) {
        if (running_here())
            std::forward<Task>(work)();
        else
            post_(std::forward<Task>(work));
    }

    /// Whether the calling thread is the loop's. A loop that no thread has entered yet belongs to every thread: that is
    /// how single-threaded programs and tests use it. Safe from any thread.
    [[nodiscard]] bool running_here() const noexcept {
        const auto* const owner = owner_.load(std::memory_order_relaxed);
        return owner == nullptr || owner == &this_thread;
    }

    /// Makes the calling thread the loop's, until leave() or suspend().
    void enter() noexcept { owner_.store(&this_thread, std::memory_order_relaxed); }
    /// Lets the loop belong to every thread again. Call when no other thread uses it any more.
    void leave() noexcept { owner_.store(nullptr, std::memory_order_relaxed); }
    /// Detaches the loop from every thread until enter(), so that dispatch() queues instead of running inline. For
    /// drivers of several loops.
    void suspend() noexcept { owner_.store(&no_thread, std::memory_order_relaxed); }

    /// The work for the end of the loop's current turn. Only on the loop's thread.
    [[nodiscard]] turn& current_turn() noexcept { return turn_; }

    /// The loop's time: that of the last advance(). The driver of the loop decides how fine it is (a server: one
    /// second). Only on the loop's thread.
    [[nodiscard]] clock::time_point now() const noexcept { return now_; }

    /// The time of day, for people to read: the system's, unless set_wall_time() was called. Only on the loop's thread.
    [[nodiscard]] std::chrono::system_clock::time_point wall_now() const {
        return wall_ ? *wall_ : std::chrono::system_clock::now();
    }

    /// Runs the task on the loop after a delay, unless the timer is destroyed before. Only on the loop's thread.
    /// O(log timers).
    [[nodiscard]] timer after(clock::duration delay, task work);

    /// Whether the driver can wake the loop between its ticks, see wake_after(). Only on the loop's thread.
    [[nodiscard]] bool can_wake() const noexcept { return static_cast<bool>(alarm_); }
    /// Runs the task on the loop after a delay that may be shorter than its ticks; can't be cancelled. Needs can_wake(). Only
    /// on the loop's thread.
    void wake_after(clock::duration delay, task work) { alarm_(delay, std::move(work)); }
    /// For the driver of the loop: how wake_after() works. Set before the loop is used.
    void set_alarm(std::function<void(clock::duration, task)> alarm) { alarm_ = std::move(alarm); }

    /// For the driver of the loop: sets the loop's time, and runs the timers that are due, in the order of their times.
    /// A timer that is made meanwhile waits for the next call, however short its delay.
    void advance(clock::time_point now);
    /// For the driver of a loop with a time of its own: the time of day from now on.
    void set_wall_time(std::chrono::system_clock::time_point now) noexcept { wall_ = now; }

    /// A random number that nobody can guess, unless set_random() was called: for new names. May call the system: not
    /// for every message. Only on the loop's thread.
    [[nodiscard]] std::uint64_t random();
    /// For tests: the source of random(); the system again if empty.
    void set_random(std::function<std::uint64_t()> source) { random_ = std::move(source); }

private:
    std::function<void(task)> post_;
    std::any executor_;
    std::size_t index_;
    turn turn_;
    clock::time_point now_ = clock::now();
    std::optional<std::chrono::system_clock::time_point> wall_;
    std::function<std::uint64_t()> random_;
    std::function<void(clock::duration, task)> alarm_;
    std::shared_ptr<timer_set> timers_;
    std::shared_ptr<handle::target> target_ = std::make_shared<handle::target>();
    struct thread_mark {};
    static inline thread_local const thread_mark this_thread{};  // its address identifies the thread
    static inline const thread_mark no_thread{};
    std::atomic<const thread_mark*> owner_{nullptr};
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/loop.ipp>
#endif
