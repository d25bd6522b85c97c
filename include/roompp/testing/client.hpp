#pragma once
// A WebSocket client for tests.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/opcode.hpp>
#include <roompp/testing/fault.hpp>
#include <roompp/testing/http_reply.hpp>
#include <roompp/testing/readable.hpp>
#include <roompp/testing/received_message.hpp>
#include <roompp/websocket/client_frame.hpp>

ROOMPP_NAMESPACE_BEGIN

class server;

namespace testing {

class simulation;

namespace detail {
class client_endpoint;
}

/// The opcodes for client::send_frame() (RFC 6455, section 5.2). A cast to opcode::value makes a reserved one.
namespace opcode {
using value = net::opcode;
inline constexpr value continuation = value::continuation;
inline constexpr value text = value::text;
inline constexpr value binary = value::binary;
inline constexpr value close = value::close;
inline constexpr value ping = value::ping;
inline constexpr value pong = value::pong;
}  // namespace opcode

/// Frames as bytes, for client::send_bytes().
using net::encode_client_frame;

/// A WebSocket client of a server in the same program. What it sends stays in flight until the server runs: when any
/// client looks at what has come (receive() and the like, connect(), closed()), or with world::settle(). It never
/// waits: what has not come when the server has nothing left to do never comes, and the expectation fails, by throwing
/// a testing::failure.
///
/// It answers pings and close frames by itself. A handle: copies are the same client. When the last one is destroyed
/// while connected, what it has sent still arrives, and then the connection ends: with 1006, unless it has sent a close
/// frame. After the end of its world, or of its server, it throws a failure. Single-threaded, as its world.
class client {
public:
    /// A client of this server, in the world that the server is in, or a new one with seed 0, which lasts as long as
    /// one of its clients.
    /// @param path with the query, as in `/ws/chat/lobby/?name=Ann`.
    client(server& target, std::string path);
    /// For world::client().
    client(std::shared_ptr<simulation> sim, std::string path);

    // At any time. Each returns the client, so that they can be chained.

    /// Names the client in failures; otherwise it is "client 1" and so on.
    client& named(std::string name);
    /// Whether it answers pings, as RFC 6455, section 5.5.2, demands; false for a client that hangs.
    client& answer_pings(bool enabled);
    /// Whether it answers a close frame (RFC 6455, section 5.5.1).
    client& answer_close(bool enabled);

    // Before connect(): afterwards, they throw a failure.

    /// Adds a header to the handshake, or replaces a default such as Host. Further values of one name are joined by ",
    /// ".
    /// @throws failure after connect().
    client& header(const std::string& name, const std::string& value);
    /// Adds a cookie. @throws failure after connect().
    client& cookie(const std::string& name, const std::string& value);
    /// Offers a subprotocol, after those that it offers already. @throws failure after connect().
    client& subprotocol(const std::string& name);
    /// The size of the buffers in each direction, as of a socket: 64 KiB by default.
    /// @throws failure after connect(), or if it is 0.
    client& buffer_bytes(std::size_t capacity);

    // Opening

    /// Opens the connection.
    /// @throws failure if it is refused.
    client& connect();
    /// Sends the handshake, and waits for its answer.
    /// @returns the answer: the status is 101 if the connection is open. Valid as long as the client.
    /// @throws failure if no whole answer comes.
    const http_reply& try_connect();
    /// Sends the handshake, and does not look at the answer.
    client& start_connecting();
    /// The answer to its handshake; the status is 0 if none has come.
    [[nodiscard]] const http_reply& handshake();
    /// The subprotocol that the server has chosen; empty if none.
    [[nodiscard]] const std::string& chosen_subprotocol();

    // Sending

    /// Sends a message, text or binary as the payload says.
    /// @throws failure, as all sends, if it is not connected or has closed.
    client& send(payload message);
    /// Sends a binary message.
    client& send_binary(std::string_view bytes);
    /// Sends a ping; pongs() has the answers.
    client& ping(std::string_view bytes = {});
    /// Sends a frame, which may be a fragment or against the rules.
    client& send_frame(opcode::value kind, std::string_view bytes, bool fin = true);
    /// Sends bytes that are no frame, part of one, or several; see encode_client_frame().
    client& send_bytes(std::string_view bytes);

    // Receiving

    /// The next text message.
    /// @throws failure if none has come, or if it is binary.
    [[nodiscard]] std::string receive();
    /// The next binary message.
    /// @throws failure if none has come, or if it is text.
    [[nodiscard]] std::string receive_binary();
    /// The next message of either kind.
    /// @throws failure if none has come.
    [[nodiscard]] received_message receive_message();
    /// The next text message, parsed: `receive_json<nlohmann::json>()`, or any type with a static `parse(std::string)`
    /// that throws exceptions derived from std::exception.
    template <class Json>
    [[nodiscard]] Json receive_json() {
        const std::string text = receive();
        try {
            return Json::parse(text);
        } catch (const std::exception& e) {
            fail("expected JSON, but " + readable(text) + " came: " + e.what());
        }
    }
    /// All text messages that have come, in order.
    /// @throws failure if one is binary.
    [[nodiscard]] std::vector<std::string> receive_all();
    /// Expects the next message to be this text. A message that differs stays where it is.
    /// @throws failure if it differs, or none has come.
    client& expect(std::string_view text);
    /// Expects that no message has come although it could have: the client is connected, or was ended by the test, or
    /// the test has looked at closed().
    /// @throws failure otherwise.
    client& receive_nothing();
    /// The number of pings that have come.
    [[nodiscard]] std::size_t pings();
    /// The payloads of the pongs that have come, in order.
    [[nodiscard]] std::vector<std::string> pongs();

    // Ending

    /// Sends a close frame; the server's answer ends the connection.
    client& close(std::uint16_t code = close_code::normal, std::string_view reason = {});
    /// How the connection has ended: what the server's close frame says, or 1006 if none came.
    /// @throws failure if it has not ended.
    [[nodiscard]] close_event closed();
    /// Whether messages can be sent and received.
    [[nodiscard]] bool is_open();
    /// Takes nothing more from the server: a slow member. What the server sends fills the buffers first (see
    /// buffer_bytes()), then the server's own queue.
    client& pause_reading();
    client& resume_reading();
    /// Vanishes without a close frame, as with a pulled cable that the system notices. What it has sent and the server
    /// has not read yet is lost.
    client& drop();

    /// Has a fault happen to the server's next write to this client; several happen to one write each, in order.
    client& next_write(const fault& next);

    /// The conversation so far, as failures show it.
    [[nodiscard]] std::string conversation() const;
    /// The name in failures.
    [[nodiscard]] const std::string& name() const noexcept;

private:
    void settle();
    client& pause(bool paused);
    [[noreturn]] void fail(const std::string& complaint) const;

    std::shared_ptr<detail::client_endpoint> endpoint_;
};

/// The name of encode_client_frame() before 0.2; goes with 0.3.
[[deprecated("use roompp::testing::encode_client_frame()")]] [[nodiscard]] inline std::string client_frame(
    opcode::value kind, std::string_view payload, std::uint32_t masking_key, bool fin = true) {
    return encode_client_frame(kind, payload, masking_key, fin);
}

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/client.ipp>
#endif
