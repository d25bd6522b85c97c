#pragma once
// Work that is done once at the end of the current turn of an event loop, however often it is asked for.

#include <functional>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Gathers what has to be done when an event loop has handled everything that was ready. A room adds itself with its
/// first message of a turn and writes all of them at the turn's end: an idle room sends at once, a busy one sends many
/// frames in one system call.
///
/// Not thread-safe: one turn belongs to one loop.
class turn {
    struct hook {
        hook* previous = this;
        hook* next = this;
    };

public:
    /// Something to do at the turn's end. Owned by whoever wants it done; unlinks itself when destroyed.
    class task : hook {
    public:
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

    /// @param wake is called when the first task of a turn is added; it must arrange that end() is called soon on the
    /// loop's thread, never from within `wake` itself.
    explicit turn(std::function<void()> wake = {}) : wake_(std::move(wake)) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
        while (tasks_.next != &tasks_) unlink(*tasks_.next);
    }

    /// Has the task run at the end of this turn; does nothing if it already waits for it.
    void add(task& added) {
        if (added.pending()) return;
        const bool first = tasks_.next == &tasks_;
        link_before(tasks_, added);
        if (first && wake_) wake_();
    }

    /// Runs the tasks, in the order in which they were added. A task added meanwhile belongs to the next turn; if one
    /// throws, so do those that come after it.
    void end() {
        due due_now(*this);
        while (due_now.tasks.next != &due_now.tasks) {
            auto& next = static_cast<task&>(*due_now.tasks.next);
            unlink(next);
            next.action_();
        }
    }

private:
    // Takes the tasks of a turn, and gives back to the next one what is left of them.
    struct due {
        explicit due(turn& its) : of(its) { move_all(of.tasks_, tasks); }
        ~due() {
            while (tasks.next != &tasks) of.add(static_cast<task&>(take_first(tasks)));
        }
        due(const due&) = delete;
        due& operator=(const due&) = delete;
        turn& of;
        hook tasks;
    };

    static hook& take_first(hook& list) noexcept {
        hook& first = *list.next;
        unlink(first);
        return first;
    }
    static void move_all(hook& from, hook& to) noexcept {
        while (from.next != &from) link_before(to, take_first(from));
    }
    static void unlink(hook& one) noexcept {
        one.previous->next = one.next;
        one.next->previous = one.previous;
        one.previous = one.next = &one;
    }
    static void link_before(hook& place, hook& one) noexcept {
        one.previous = place.previous;
        one.next = &place;
        place.previous->next = &one;
        place.previous = &one;
    }

    hook tasks_;
    std::function<void()> wake_;
};

ROOMPP_NAMESPACE_END
