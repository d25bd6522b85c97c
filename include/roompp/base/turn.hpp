#pragma once
// Work that is done once at the end of an event loop's current turn, however often it is asked for.

#include <functional>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Collects the work to do when an event loop has handled everything that was ready. A room adds its task with its
/// first message of a turn and writes all messages at the turn's end: an idle room sends at once, a busy one sends many
/// frames in one system call.
///
/// Not thread-safe: one turn belongs to one loop.
class turn {
    struct hook {
        hook* previous = this;
        hook* next = this;
    };

public:
    /// Work for the turn's end. Owned by the caller of add(), at one address; unlinks itself when destroyed.
    class task : hook {
    public:
        /// @param action called at the end of each turn to which the task was added.
        explicit task(std::function<void()> action) : action_(std::move(action)) {}
        task(const task&) = delete;
        task& operator=(const task&) = delete;
        ~task() { turn::unlink(*this); }

        /// Whether it waits for the end of a turn.
        [[nodiscard]] bool pending() const noexcept { return next != this; }

    private:
        friend class turn;
        std::function<void()> action_;
    };

    /// @param wake called when the first task of a turn is added; must arrange that end() is called soon on the loop's
    /// thread, never from within `wake` itself.
    explicit turn(std::function<void()> wake = {}) : wake_(std::move(wake)) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn();

    /// Runs the task at the end of this turn; does nothing if it waits for that already. O(1).
    void add(task& added) {
        if (added.pending()) return;
        const bool first = tasks_.next == &tasks_;
        link_before(tasks_, added);
        if (first && wake_) wake_();
    }

    /// Runs the tasks, in the order in which they were added. A task that is added meanwhile belongs to the next turn;
    /// if a task throws, so do those that come after it.
    void end();

private:
    static void unlink(hook& item) noexcept {
        item.previous->next = item.next;
        item.next->previous = item.previous;
        item.previous = item.next = &item;
    }
    static void link_before(hook& position, hook& item) noexcept {
        item.previous = position.previous;
        item.next = &position;
        position.previous->next = &item;
        position.previous = &item;
    }

    hook tasks_;  // a ring, of which this is the end
    std::function<void()> wake_;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/turn.ipp>
#endif
