#pragma once
// Members without a room: sends each message to all of them, encoded once.

#include <cstddef>
#include <memory>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/base/turn.hpp>
#include <roompp/base/utf8_text.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/audience.hpp>
#include <roompp/rooms/batch.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Sends messages to a set of connections on one event loop. For names, hooks, history and several loops see basic_room
/// and rooms; this is the part to put into an existing program.
///
/// A message is encoded once, whatever the number of members; the messages of one loop turn are written together.
/// Not thread-safe: use it on its loop's thread (loop::dispatch gets you there).
template <class Connection>
class broadcaster {
    struct member {
        std::shared_ptr<Connection> connection;
        subscriber_slot slot;
    };
    struct state;

public:
    /// Membership as a value: the connection is a member while this lives, at most as long as the broadcaster. Movable.
    class subscription {
    public:
        subscription() = default;
        subscription(subscription&&) noexcept = default;
        subscription& operator=(subscription&& other) noexcept {
            if (this != &other) {
                leave();
                member_ = std::move(other.member_);
                state_ = std::move(other.state_);
            }
            return *this;
        }
        ~subscription() { leave(); }

        /// Ends the membership; what was broadcast before is still sent. On the broadcaster's loop.
        void leave() noexcept {
            if (!member_) return;
            if (const auto locked = state_.lock()) locked->leave(*member_);
            member_.reset();
        }
        /// Whether this is a membership.
        [[nodiscard]] explicit operator bool() const noexcept { return member_ && !state_.expired(); }

    private:
        friend class broadcaster;
        subscription(std::unique_ptr<member> joined, std::weak_ptr<state> broadcaster_state)
            : member_(std::move(joined)), state_(std::move(broadcaster_state)) {}

        std::unique_ptr<member> member_;
        std::weak_ptr<state> state_;
    };

    /// @param home the loop on which all members live; must outlive the broadcaster.
    explicit broadcaster(loop& home) : state_(std::make_shared<state>(home)) {}

    /// Makes the connection a member, which gets what is broadcast from now on. Shares its ownership. O(1).
    [[nodiscard]] subscription join(std::shared_ptr<Connection> connection) {
        auto joined = std::make_unique<member>();
        joined->connection = std::move(connection);
        state_->gathered.begin(joined->slot);
        state_->members.add(*joined->connection, joined->slot);
        return subscription(std::move(joined), state_);
    }

    /// Sends to every member. Text that is not UTF-8 is repaired with U+FFFD, here and below.
    void broadcast(payload message) {
        if (state_->members.empty()) return;
        state_->gathered.add(detail::utf8_payload(message).get());
        state_->schedule();
    }

    /// Sends to every member except one.
    void broadcast_except(const subscription& except, payload message) {
        if (!except) return broadcast(message);
        state_->gathered.add_except(except.member_->slot, detail::utf8_payload(message).get());
        state_->schedule();
    }

    /// Sends to one member, in order with what is broadcast.
    void send(const subscription& recipient, payload message) {
        if (!recipient) return;
        state_->gathered.add_only(recipient.member_->slot, detail::utf8_payload(message).get());
        state_->schedule();
    }

    /// Writes now what was gathered, instead of at the end of the loop's turn.
    void flush() { state_->flush(); }

    /// The number of members.
    [[nodiscard]] std::size_t size() const noexcept { return state_->members.size(); }

private:
    struct state {
        explicit state(loop& loop_of_members) : home(loop_of_members), flush_task([this] { flush(); }) {}

        void schedule() { home.current_turn().add(flush_task); }
        void flush() {
            if (gathered.empty()) return;
            auto messages = gathered.take();
            members.deliver(messages);
            gathered.recycle(std::move(messages));
        }
        void leave(member& leaving) {
            const auto last = gathered.end(leaving.slot);
            members.remove(leaving.slot);
            if (last) audience<Connection>::deliver_own(*leaving.connection, last, when_slow::disconnect);
        }

        loop& home;
        audience<Connection> members;
        batch_builder<typename Connection::batch_type> gathered;
        turn::task flush_task;
    };

    std::shared_ptr<state> state_;
};

ROOMPP_NAMESPACE_END
