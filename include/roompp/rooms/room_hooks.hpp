#pragma once
// What the application does when something happens in a room.

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

/// The answer to a connection that wants to join a room: yes, unless it is refused.
class join_reply {
public:
    /// Closes the connection instead of letting it in, with a close code and reason (RFC 6455, section 7.4).
    void refuse(std::uint16_t code = close_code::policy_violation, std::string reason = "not allowed in this room") {
        refused_ = close_event{code, std::move(reason)};
    }
    /// With what it is refused, if it is.
    [[nodiscard]] const std::optional<close_event>& refused() const noexcept { return refused_; }

private:
    std::optional<close_event> refused_;
};

/// The hooks of a room. Set through rooms; run on the room's home loop.
template <class Room>
struct room_hooks {
    using member = typename Room::member;
    handler<void(Room&)> created;
    handler<void(Room&, member&, join_reply&)> admitted;
    handler<void(Room&, member&)> joined;
    handler<pending(Room&, member&, const typename Room::message_type&)> message;
    handler<void(Room&, member&, payload)> malformed;
    handler<void(Room&, member&, const close_event&)> left;
    handler<void(Room&)> gone;
    handler<void(Room&, std::exception_ptr)> failed;
    handler<void(std::exception_ptr)> unheard;  // if there is no `failed`
};

/// The name of join_reply before 0.2; goes with 0.3.
using admission [[deprecated("use roompp::join_reply")]] = join_reply;

ROOMPP_NAMESPACE_END
