#pragma once
// An event loop as the core sees it: somewhere to run things, one at a time and in order.

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>

#include <roompp/core/turn.hpp>

namespace roompp {

/// One event loop (a shard). A connection lives on one loop; a room has one loop as its home. What runs on a loop runs
/// one at a time, so nothing that belongs to it needs a lock.
class loop {
public:
    using task = std::function<void()>;

    /// @param post runs a task later on the loop's thread, first in first out; must be callable from any thread.
    /// @param index this loop's place among its server's loops, from 0.
    explicit loop(std::function<void(task)> post, std::size_t index = 0)
        : post_(std::move(post)), index_(index), turn_([this] { post_([this] { turn_.end(); }); }) {}
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

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
        const auto owner = thread_.load(std::memory_order_relaxed);
        return owner == std::thread::id() || owner == std::this_thread::get_id();
    }

    /// Makes the calling thread the loop's, until leave().
    void enter() noexcept { thread_.store(std::this_thread::get_id(), std::memory_order_relaxed); }
    /// Gives the loop back to everybody; called when its thread has ended.
    void leave() noexcept { thread_.store(std::thread::id(), std::memory_order_relaxed); }

    /// What is to be done at the end of the loop's current turn. Only on the loop's thread.
    [[nodiscard]] turn& current_turn() noexcept { return turn_; }

private:
    std::function<void(task)> post_;
    std::size_t index_;
    turn turn_;
    std::atomic<std::thread::id> thread_{};
};

}  // namespace roompp
