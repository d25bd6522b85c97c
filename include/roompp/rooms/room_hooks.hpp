#pragma once
// The application's handlers for what happens in a room.

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The reply to a connection that wants to join a room: yes, unless it is refused.
class join_reply {
public:
    /// Closes the connection instead of letting it in, with a close code and reason (RFC 6455, section 7.4).
    void refuse(std::uint16_t code = close_code::policy_violation, std::string reason = "not allowed in this room") {
        refused_ = close_event{code, std::move(reason)};
    }
    /// The code and reason of the refusal; empty if the connection may join.
    [[nodiscard]] const std::optional<close_event>& refused() const noexcept { return refused_; }

private:
    std::optional<close_event> refused_;
};

/// The hooks of a directory's rooms, as documented at the functions of `rooms` of the same names. Set before the first
/// join; run on each room's home loop.
template <class Room>
struct room_hooks {
    using member = typename Room::member;
    handler<void(Room&)> on_create;
    handler<void(Room&, member&, join_reply&)> on_admit;
    handler<void(Room&, member&)> on_join;
    handler<pending(Room&, member&, const typename Room::message_type&)> on_message;
    handler<void(Room&, member&, payload)> on_malformed;
    handler<void(Room&, member&, const close_event&)> on_leave;
    handler<void(Room&)> on_destroy;
    handler<void(Room&, std::exception_ptr)> on_error;
    handler<void(std::exception_ptr)> default_error_handler;  ///< the server's, for rooms without on_error
};

/// The name of join_reply before 0.2; goes with 0.3.
using admission [[deprecated("use roompp::join_reply")]] = join_reply;

ROOMPP_NAMESPACE_END
