#pragma once
// The end of a turn.

#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL turn::~turn() {
    while (tasks_.next != &tasks_) unlink(*tasks_.next);
}

ROOMPP_DECL void turn::end() {
    // Takes the tasks of this turn; what is left of them when one throws goes to the next turn.
    struct due_tasks {
        explicit due_tasks(turn& ended_turn) : owner(ended_turn) { move_all(owner.tasks_, ring); }
        ~due_tasks() {
            while (!empty()) owner.add(static_cast<task&>(take_first(ring)));
        }
        due_tasks(const due_tasks&) = delete;
        due_tasks& operator=(const due_tasks&) = delete;

        [[nodiscard]] bool empty() const noexcept { return ring.next == &ring; }
        static hook& take_first(hook& list) noexcept {
            hook& first = *list.next;
            unlink(first);
            return first;
        }
        static void move_all(hook& source, hook& target) noexcept {
            while (source.next != &source) link_before(target, take_first(source));
        }

        turn& owner;
        hook ring;
    };

    due_tasks due(*this);
    while (!due.empty()) static_cast<task&>(due_tasks::take_first(due.ring)).action_();
}

ROOMPP_NAMESPACE_END
