#pragma once
// A member's message on its way to the hook, and the receipt of what became of it.

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/guarded.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/room_hooks.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A member's message while its hook handles it.
template <class Member>
struct message_context {
    Member* sender = nullptr;
    payload message;
    std::uint64_t published_id = 0;  ///< of the first message that the hook published for it; 0: none

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
    /// Called with the member and the number of what was published for its message; 0: nothing.
    using receipt = std::function<void(Room&, Member&, std::uint64_t id)>;

    /// @param hooks must outlive this.
    explicit message_dispatch(const room_hooks<Room>& hooks) : hooks_(hooks) {}

    /// Hands a message to the hook, or, without one, broadcasts it.
    /// @param sender shared, since the hook may let it leave.
    /// @param on_handled called when the hook is done, if the sender is in the room then; may be empty.
    void receive(Room& room, const std::shared_ptr<Member>& sender, payload message, receipt on_handled) {
        if (hooks_.on_message.is_async()) return receive_async(room, sender, message, std::move(on_handled));
        context current{sender.get(), message, 0};
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
        if (on_handled && sender->is_joined()) on_handled(room, *sender, current.published_id);
    }

    /// Notes a published message: its number goes into the receipt of the message that is being handled, if it is the
    /// first of its sender, or its relay in the room's name.
    /// @param sender null: the room.
    void note_published(const Member* sender, const Member* except, payload message, std::uint64_t id) noexcept {
        context* current = nullptr;
        if (sender)
            current = sender->message_;
        else if (current_ && current_->is_relayed_by(except, message))
            current = current_;
        if (current && current->published_id == 0) current->published_id = id;
    }

    /// Runs `action()`. An exception closes only the connection of `member`, if there is one, and is reported.
    template <class Action>
    void guard(Room& room, Member* member, Action&& action) {
        run_guarded(std::forward<Action>(action), [&](const std::exception_ptr& error) { fail(room, member, error); });
    }

private:
    // The hook is a coroutine: one message of a member after the other.
    void receive_async(Room& room, const std::shared_ptr<Member>& sender, payload message, receipt on_handled) {
        if (!sender->async_) sender->async_ = std::make_unique<async_messages<Member>>(room.home());
        const bool queued = sender->async_->queue->put(
            message,
            [this, self = room.shared_from_this(), sender](payload text) -> pending {
                sender->async_->current = {sender.get(), text, 0};
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
                if (on_handled && sender->is_joined()) on_handled(*self, *sender, sender->async_->current.published_id);
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
