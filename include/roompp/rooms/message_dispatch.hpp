#pragma once
// A member's message on its way to the hook, and the receipt of what became of it.

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/guarded.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_hooks.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The outcome of what a hook has published, where a log decides on it later.
struct awaited_outcome {
    bool is_known = false;
    publication_outcome outcome;
    std::function<void(const publication_outcome&)> on_known;  ///< set if the hook has ended before
};

inline void make_known(awaited_outcome& awaited, const publication_outcome& outcome) {
    awaited.is_known = true;
    awaited.outcome = outcome;
    if (const auto on_known = std::move(awaited.on_known)) on_known(outcome);
}

/// A key for the whole room: a person's keys are its own, so that nobody can take another's.
[[nodiscard]] inline std::string key_of(const person& sender, const std::string& key) { return sender.id + '\0' + key; }

/// A member's message while its hook handles it.
template <class Member>
struct message_context {
    Member* sender = nullptr;
    payload message;
    std::string key;                           ///< of the message, for what the hook publishes for it; empty: none
    bool has_published = false;                ///< the hook has published something for it
    publication_outcome outcome;               ///< of the first that it published
    std::shared_ptr<awaited_outcome> awaited;  ///< not null: a log decides on that

    /// Whether the room relays this message by publishing a text in its own name: the same text, or anything to
    /// everyone except the sender.
    [[nodiscard]] bool is_relayed_by(const Member* except, payload published) const noexcept {
        return except == sender || published.data() == message.data();
    }
};

/// The messages of one member for hooks that are coroutines.
template <class Member>
struct async_messages {
    explicit async_messages(loop& home) : queue(std::make_shared<message_queue>(home)) {}
    std::shared_ptr<message_queue> queue;
    message_context<Member> current;  // one at a time
};

/// Hands members' messages to the message hook of a room, and reports the exceptions of its hooks. Belongs to the room
/// and its home loop.
///
/// @tparam Messages reads a message from a payload: a policy of the kind message_policy.
template <class Room, class Member, class Messages>
class message_dispatch {
    using context = message_context<Member>;

public:
    /// Called with the member and what became of what was published for its message.
    using receipt = std::function<void(Room&, Member&, const publication_outcome&)>;

    /// @param hooks must outlive this.
    explicit message_dispatch(const room_hooks<Room>& hooks) : hooks_(hooks) {}

    /// Hands a message to the hook, or, without one, broadcasts it.
    /// @param sender shared, since the hook may let it leave.
    /// @param key of the message: what the hook publishes for it is published once; empty: none.
    /// @param on_handled called when the hook is done, and a log has decided on what it published, if the sender is in the
    /// room then; may be empty.
    void receive(Room& room, const std::shared_ptr<Member>& sender, payload message, std::string key,
                 receipt on_handled) {
        if (hooks_.on_message.is_async())
            return receive_async(room, sender, message, std::move(key), std::move(on_handled));
        context current{sender.get(), message, std::move(key), false, {}, nullptr};
        context* const outer = std::exchange(current_, &current);
        context* const outer_of_sender = std::exchange(sender->message_, &current);
        guard(room, sender.get(), [&] {
            const auto value = Messages::read(message);
            if (!value)
                refuse(room, *sender, message);
            else if (hooks_.on_message)
                (void)hooks_.on_message(room, *sender, *value);
            else
                sender->broadcast(message);
        });
        sender->message_ = outer_of_sender;
        current_ = outer;
        give_receipt(room, sender, current, std::move(on_handled));
    }

    /// Finds the message that is being handled, for which a hook now publishes something for the first time: it gets the
    /// outcome. That is the message of the sender, or one that the room relays in its own name.
    /// @param sender null: the room.
    /// @returns null if there is none.
    [[nodiscard]] context* begin_publication(const Member* sender, const Member* except, payload message) noexcept {
        context* current = nullptr;
        if (sender)
            current = sender->message_;
        else if (current_ && current_->is_relayed_by(except, message))
            current = current_;
        if (!current || current->has_published) return nullptr;
        current->has_published = true;
        return current;
    }

    /// Runs `action()`. An exception closes only the connection of `member`, if there is one, and is reported.
    template <class Action>
    void guard(Room& room, Member* member, Action&& action) {
        run_guarded(std::forward<Action>(action), [&](const std::exception_ptr& error) { fail(room, member, error); });
    }

private:
    static void give_receipt(Room& room, const std::shared_ptr<Member>& sender, context& current, receipt on_handled) {
        if (!on_handled) return;
        if (!current.awaited || current.awaited->is_known) {
            if (sender->is_joined())
                on_handled(room, *sender, current.awaited ? current.awaited->outcome : current.outcome);
            return;
        }
        current.awaited->on_known = [self = room.shared_from_this(), sender,
                                     on_handled = std::move(on_handled)](const publication_outcome& outcome) {
            if (sender->is_joined()) on_handled(*self, *sender, outcome);
        };
    }

    // The hook is a coroutine: one message of a member after the other.
    void receive_async(Room& room, const std::shared_ptr<Member>& sender, payload message, std::string key,
                       receipt on_handled) {
        if (!sender->async_) sender->async_ = std::make_unique<async_messages<Member>>(room.home());
        const bool queued = sender->async_->queue->put(
            message,
            [this, self = room.shared_from_this(), sender, key = std::move(key)](payload text) -> pending {
                sender->async_->current = {sender.get(), text, key, false, {}, nullptr};
                sender->message_ = &sender->async_->current;
                if (!sender->is_joined()) return {};
                if (const auto value = Messages::read(text)) return hooks_.on_message(*self, *sender, *value);
                refuse(*self, *sender, text);
                return {};
            },
            [this, self = room.shared_from_this(), sender,
             on_handled = std::move(on_handled)](const std::exception_ptr& error) {
                sender->message_ = nullptr;
                if (error) fail(*self, sender.get(), error);
                give_receipt(*self, sender, sender->async_->current, on_handled);
            });
        if (!queued) sender->close(close_code::try_again_later, "too fast: too many messages wait to be handled");
    }

    // No message hook gets a payload that is not a message of its type.
    void refuse(Room& room, Member& sender, payload message) {
        if (hooks_.on_malformed)
            hooks_.on_malformed(room, sender, message);
        else
            sender.close(close_code::invalid_payload, "this message can't be read");
    }

    void fail(Room& room, Member* member, const std::exception_ptr& error) noexcept {
        const auto report = [&] {
            if (member) member->close(close_code::internal_error, "internal error");
            if (hooks_.on_error)
                hooks_.on_error(room, error);
            else if (hooks_.default_error_handler)
                hooks_.default_error_handler(error);
        };
        run_guarded(report, [](const std::exception_ptr&) {});  // nobody is left to report to
    }

    const room_hooks<Room>& hooks_;
    context* current_ = nullptr;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
