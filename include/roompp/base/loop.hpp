#pragma once
// An event loop as the core sees it: somewhere to run things, one at a time and in order.

#include <any>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// One event loop (a shard). A connection lives on one loop; a room has one loop as its home. What runs on a loop runs
/// one at a time, so nothing that belongs to it needs a lock.
class loop {
public:
    using task = std::function<void()>;
    using clock = std::chrono::steady_clock;

private:
    struct timers {
        using key = std::pair<clock::time_point, std::uint64_t>;  // of equal times, the earlier made first
        std::map<key, task> waiting;
        std::uint64_t made = 0;
    };

public:
    /// A task that waits for its time; destroying this, or assigning to it, cancels the task. Movable. Belongs to the
    /// loop's thread; may outlive the loop.
    class timer {
    public:
        timer() = default;
        timer(timer&&) noexcept = default;
        timer& operator=(timer&& other) noexcept {
            if (this != &other) {
                cancel();
                timers_ = std::exchange(other.timers_, {});
                when_ = other.when_;
            }
            return *this;
        }
        ~timer() { cancel(); }

        /// The task does not run any more; does nothing if it has run, or runs now.
        void cancel() noexcept {
            if (const auto its = std::exchange(timers_, {}).lock()) its->waiting.erase(when_);
        }

    private:
        friend class loop;
        timer(const std::shared_ptr<timers>& its, timers::key when) noexcept : timers_(its), when_(when) {}
        std::weak_ptr<timers> timers_;
        timers::key when_{};
    };

    /// @param post runs a task later on the loop's thread, first in first out; must be callable from any thread.
    /// @param index this loop's place among its server's loops, from 0.
    explicit loop(std::function<void(task)> post, std::size_t index = 0)
        : post_(std::move(post)), index_(index), turn_([this] { post_([this] { turn_.end(); }); }) {}
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    /// What runs the loop, for layers that know its type: such as an Asio executor. Set before the loop is used.
    [[nodiscard]] const std::any& runner() const noexcept { return runner_; }
    void set_executor(std::any its) { runner_ = std::move(its); }

    /// This loop's place among its server's loops, from 0.
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

    /// Runs the task later, on the loop's thread. Safe from any thread; tasks of one thread keep their order.
    void post(task work) { post_(std::move(work)); }

    /// Runs the task now if the caller is on the loop's thread, later there if not. Safe from any thread.
    template <class Task>
    void dispatch(Task&& work) {
        if (running_here())
            std::forward<Task>(work)();
        else
            post_(std::forward<Task>(work));
    }

    /// Whether the calling thread is the loop's. A loop that no thread has entered yet is everybody's: that is how
    /// single-threaded programs and tests use it.
    [[nodiscard]] bool running_here() const noexcept {
        const auto* const owner = owner_.load(std::memory_order_relaxed);
        return owner == nullptr || owner == &this_thread;
    }

    /// Makes the calling thread the loop's, until leave() or suspend().
    void enter() noexcept { owner_.store(&this_thread, std::memory_order_relaxed); }
    /// Gives the loop back to everybody; called when no thread uses it any more.
    void leave() noexcept { owner_.store(nullptr, std::memory_order_relaxed); }
    /// For who runs several loops: this one is nobody's until enter(), so that what is meant for it waits its turn.
    void suspend() noexcept { owner_.store(&no_thread, std::memory_order_relaxed); }

    /// What is to be done at the end of the loop's current turn. Only on the loop's thread.
    [[nodiscard]] turn& current_turn() noexcept { return turn_; }

    /// The loop's time: that of the last advance(). Whoever runs the loop says how fine it is (a server: one second).
    /// Only on the loop's thread.
    [[nodiscard]] clock::time_point now() const noexcept { return now_; }

    /// The time of day, for people to read: that of the system, unless whoever runs the loop keeps another one. Only on
    /// the loop's thread.
    [[nodiscard]] std::chrono::system_clock::time_point wall_now() const {
        return wall_ ? *wall_ : std::chrono::system_clock::now();
    }

    /// Runs the task on the loop when its time has come, unless the timer is gone by then. Only on the loop's thread.
    [[nodiscard]] timer after(clock::duration delay, task work) {
        const timers::key when{now_ + delay, ++timers_->made};
        timers_->waiting.emplace(when, std::move(work));
        return timer(timers_, when);
    }

    /// For whoever runs the loop: says what time it is, and runs the timers that are due, in the order of their times. A
    /// timer that is made meanwhile waits for the next call, however short its delay.
    void advance(clock::time_point now) {
        now_ = now;
        auto& waiting = timers_->waiting;
        const auto last_made = timers_->made;
        for (auto next = waiting.begin(); next != waiting.end() && next->first.first <= now;) {
            if (next->first.second > last_made) {
                ++next;
                continue;
            }
            const auto due = waiting.extract(next);
            due.mapped()();
            next = waiting.begin();  // it may have changed anything
        }
    }
    /// For whoever runs the loop on a time of its own: the time of day from now on.
    void set_wall_time(std::chrono::system_clock::time_point now) noexcept { wall_ = now; }

    /// A random number that nobody can guess, unless whoever runs the loop has others: for names that are to be new. Not
    /// for every message: it may ask the system. Only on the loop's thread.
    [[nodiscard]] std::uint64_t random() {
        if (random_) return random_();
        thread_local std::random_device device;
        return std::uint64_t{device()} << 32U | device();
    }
    /// For whoever runs the loop in a test: where random() has its numbers from; the system again if empty.
    void set_random(std::function<std::uint64_t()> source) { random_ = std::move(source); }

private:
    std::function<void(task)> post_;
    std::any runner_;
    std::size_t index_;
    turn turn_;
    clock::time_point now_ = clock::now();
    std::optional<std::chrono::system_clock::time_point> wall_;
    std::function<std::uint64_t()> random_;
    std::shared_ptr<timers> timers_ = std::make_shared<timers>();
    struct thread_mark {};
    static inline thread_local const thread_mark this_thread{};  // its address says which thread
    static inline const thread_mark no_thread{};
    std::atomic<const thread_mark*> owner_{nullptr};
};

ROOMPP_NAMESPACE_END
