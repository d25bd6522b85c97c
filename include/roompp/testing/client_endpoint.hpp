#pragma once
// A WebSocket client's end of its connection: handshake, frames, inbox.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/net/opcode.hpp>
#include <roompp/testing/conversation.hpp>
#include <roompp/testing/http_reply.hpp>
#include <roompp/testing/received_message.hpp>
#include <roompp/websocket/client_frame.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

class memory_link;
class simulation;

namespace detail {

/// The state that all handles to one client share. Internal to the harness: single-threaded, its members are public for
/// client and for the functions of expectations.hpp.
class client_endpoint {
public:
    /// @param owner the simulation of its world; kept alive.
    client_endpoint(std::shared_ptr<simulation> owner, std::string target);
    /// What was sent still arrives, then the connection ends.
    ~client_endpoint();
    client_endpoint(const client_endpoint&) = delete;
    client_endpoint& operator=(const client_endpoint&) = delete;

    /// Adds a header to the request; a further value of one name follows the first after ", ".
    void add_header(std::string_view name, std::string_view value, std::string_view separator = ", ");
    /// Sends the handshake, completed by the headers that RFC 6455, section 4.1, requires.
    /// @throws failure if it has connected already.
    void connect();
    /// Sends a frame; nothing after the end or after a close frame.
    void send_frame(net::opcode kind, std::string_view bytes, bool fin);
    /// Vanishes without a close frame.
    void vanish();

    /// Whether the handshake has succeeded and neither end has ended the connection.
    [[nodiscard]] bool is_connected() const;
    /// The time since the start of the world.
    [[nodiscard]] loop::clock::duration now() const noexcept;
    /// The state of the connection, in words.
    [[nodiscard]] std::string describe() const;
    /// @throws failure: the client's name, the complaint, its state, its conversation and what it has not looked at.
    [[noreturn]] void fail(const std::string& complaint) const;

    const std::shared_ptr<simulation> sim;
    const std::string path;
    const std::size_t number;
    std::string name;
    std::vector<std::pair<std::string, std::string>> headers;  // of the handshake
    std::size_t capacity = std::size_t{64} * 1024;
    std::shared_ptr<memory_link> link;  // null before connect()
    http_reply_reader reader;
    conversation log;
    std::deque<received_message> inbox;
    std::string error;        // the server's violation of a protocol
    close_event close_reply;  // what the server's close frame says; 1006 until it comes
    std::size_t pings = 0;
    std::vector<std::string> pongs;
    bool answers_pings = true;
    bool answers_close = true;
    bool is_paused = false;
    bool close_sent = false;
    bool close_received = false;
    bool end_is_expected = false;  // the test has ended the connection, or looked at its end
    bool has_ended = false;        // nothing more comes

private:
    [[nodiscard]] const std::string* find_header(std::string_view header_name) const;
    void default_header(std::string_view header_name, std::string_view value);
    void receive(std::string_view bytes, bool is_last);
    void receive_reply(std::string_view& bytes, bool is_last);
    void check_handshake();
    void receive_message(net::server_frame_reader::message message);
    [[nodiscard]] std::string describe_close() const;

    net::server_frame_reader frames_;
    std::uint32_t masking_key_ = 0x12345678;
};

}  // namespace detail
}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/client_endpoint.ipp>
#endif
