#pragma once
// The frames that a server of roompp.v1 sends, as JSON text.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The frames of roompp.v1 as JSON text; docs/protocol.md specifies each of them. Text that is not UTF-8 is repaired with
/// U+FFFD. Safe from any thread.
namespace v1_frames {

/// The text for clients whose messages exceed limits::messages_per_second or bytes_per_second.
inline constexpr std::string_view rate_limit_text = "Rate limit exceeded; message dropped.";

/// A `message`, `direct`, `signal`, `join` or `leave` frame. The payload of a signal is JSON, or else becomes a string.
[[nodiscard]] std::string event(const room_event& source);

/// The first frame: `history`, or `reset` for a client that can't resume.
[[nodiscard]] std::string history(const join_snapshot& snapshot);

/// The people in the room: the second frame, sent again to clients that have missed joins and leaves.
/// @param count the number of all people in the room; `people` may be fewer.
[[nodiscard]] std::string presence(std::size_t count, const std::vector<presence_entry>& people);

/// Confirms a client's frame.
/// @param number the `ack` number of that frame, 0 for none.
/// @param id the number of the message in the room, 0 for none.
/// @param is_repeated a message with its key was there already, and has this id.
[[nodiscard]] std::string ack(std::uint64_t number, std::uint64_t id = 0, bool is_repeated = false);

/// Reports what is wrong with a client's frame.
/// @param code one of docs/protocol.md, for programs; `text` is for people.
/// @param number the `ack` number of that frame, if it has one.
[[nodiscard]] std::string error(std::string_view code, std::string_view text, std::optional<std::uint64_t> number = {});

/// The error `rate_limited`.
[[nodiscard]] std::string rate_limited(std::optional<std::uint64_t> number = {});

/// The error `unavailable`: the room's log could not keep the message; sending it again, with its key, may help.
[[nodiscard]] std::string unavailable(std::optional<std::uint64_t> number = {});

/// A person as a JSON object; `null` for none, which stands for the server.
[[nodiscard]] std::string person_object(const person* subject);
/// The member of a JSON object that holds a message: `"message":"text"`, or `"base64":"..."` for bytes (RFC 4648, section 4).
[[nodiscard]] std::string message_member(payload message);
/// JSON as it is; any other text as a JSON string.
[[nodiscard]] std::string json_value(std::string_view text);

}  // namespace v1_frames

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/protocols/impl/v1_frames.ipp>
#endif
