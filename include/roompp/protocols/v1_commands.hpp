#pragma once
// The frames that a client of roompp.v1 sends: parsed into commands, and executed in a room.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

/// The commands that a server's v1_protocol allows, besides `message` and `ping`.
struct v1_permissions {
    bool direct_messages = true;
    bool client_signals = true;
};

/// When a frame that succeeds is acknowledged. A frame that fails is always answered.
enum class v1_acks : unsigned char {
    on_request,  ///< if it has an `ack` number: over a WebSocket
    always       ///< over transports where every frame has a response
};

/// A message for everyone.
struct v1_message {
    std::string text;
    std::string key;  ///< of the client's own, so that the message is said once however often it is sent; empty: none
};
/// A message for one person.
struct v1_direct {
    std::string recipient;  ///< the person's id
    std::string text;
};
/// Something of the moment, for everyone else.
struct v1_signal {
    std::string json;
};
/// A request for an acknowledgement.
struct v1_ping {};
/// A frame that is no command, or none that is allowed.
struct v1_invalid {
    std::string error_frame;
};

/// A parsed frame of a client.
struct v1_command {
    std::variant<v1_invalid, v1_ping, v1_signal, v1_direct, v1_message> action;
    std::optional<std::uint64_t> ack_number;  ///< 1 to 2^53 - 1, the integers of a page's numbers
    std::size_t frame_size = 0;               ///< in bytes
};

/// Parses a client's frame. Does not throw on any input; bounded by max_json_levels. Safe from any thread.
[[nodiscard]] v1_command parse_v1_command(payload frame, v1_permissions allowed);

/// The `ack` number of a frame that is not parsed, or is no JSON: what a client waits for is answered whenever its number can
/// be read. One pass over the text. Does not throw on any input; safe from any thread.
[[nodiscard]] std::optional<std::uint64_t> parse_v1_ack_number(payload frame);

/// Executes commands of one member in its room, on the room's home loop.
/// @tparam Reply a callable `(Room&, Room::member&, const std::string& frame)` that sends the frame which answers a command;
/// called at most once for each command, on the room's home loop. Copied.
template <class Room, class Reply>
class v1_executor {
public:
    using membership_type = typename rooms<Room>::membership;

    v1_executor(membership_type& membership, v1_acks acks, Reply reply)
        : membership_(membership), acks_(acks), reply_(std::move(reply)) {}

    /// Executes one command. Call on the connection's loop.
    void execute(v1_command command) {
        ack_number_ = command.ack_number;
        frame_size_ = command.frame_size;
        std::visit([this](auto& action) { this->run(action); }, command.action);
    }

private:
    void run(v1_invalid& action) { send_reply(std::move(action.error_frame)); }

    void run(const v1_ping&) { send_reply(v1_frames::ack(ack_number_.value_or(0))); }

    void run(v1_signal& action) {
        membership_.visit(frame_size_, [reply = reply_, ack = make_ack(), json = std::move(action.json)](
                                           Room& room, typename Room::member& member) {
            member.signal(json);
            if (!ack.empty()) reply(room, member, ack);
        });
    }

    void run(v1_direct& action) {
        membership_.visit(frame_size_, [reply = reply_, ack = make_ack(), number = ack_number_,
                                        direct = std::move(action)](Room& room, typename Room::member& member) {
            if (member.send_to(direct.recipient, payload(direct.text)) == 0)
                reply(room, member, v1_frames::error("no_such_person", "This person is not in the room.", number));
            else if (!ack.empty())
                reply(room, member, ack);
        });
    }

    void run(const v1_message& action) {
        membership_.receive(
            action.text, action.key,
            [reply = reply_, is_ack_due = is_ack_due(), number = ack_number_](Room& room, typename Room::member& member,
                                                                              const publication_outcome& outcome) {
                if (outcome.is_unavailable)
                    reply(room, member, v1_frames::unavailable(number));
                else if (is_ack_due)
                    reply(room, member,
                          outcome.id != 0
                              ? v1_frames::ack(number.value_or(0), outcome.id, outcome.is_repeated)
                              : v1_frames::error("dropped", "The room did not broadcast this message.", number));
            });
    }

    void send_reply(std::string frame) {
        membership_.visit(frame_size_, [reply = reply_, frame = std::move(frame)](
                                           Room& room, typename Room::member& member) { reply(room, member, frame); });
    }

    [[nodiscard]] bool is_ack_due() const noexcept { return ack_number_ || acks_ == v1_acks::always; }
    // Empty if none is due.
    [[nodiscard]] std::string make_ack() const {
        return is_ack_due() ? v1_frames::ack(ack_number_.value_or(0)) : std::string();
    }

    membership_type& membership_;
    v1_acks acks_;
    Reply reply_;
    std::optional<std::uint64_t> ack_number_;  // of the current command
    std::size_t frame_size_ = 0;               // likewise
};

/// Parses and executes a client's frame, see v1_executor.
template <class Room, class Reply>
void handle_v1_frame(typename rooms<Room>::membership& membership, payload frame, v1_permissions allowed, v1_acks acks,
                     Reply reply) {
    v1_executor<Room, Reply>(membership, acks, std::move(reply)).execute(parse_v1_command(frame, allowed));
}

}  // namespace detail

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/protocols/impl/v1_commands.ipp>
#endif
