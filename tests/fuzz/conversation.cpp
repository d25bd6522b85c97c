// Fuzzes a server with the bytes of one connection: requests, an upgrade, frames, in the pieces and with the end that the
// input's own bytes choose. Another member is in the room that the connection may join.
// Checked:
// - what comes back is HTTP responses, then frames of a WebSocket server; text is UTF-8, close codes are those that may be
//   sent, and nothing comes behind a close frame;
// - the other member's connection stays open, and gets text that is UTF-8;
// - no exception reaches the server's error hook, and when the client has ended the server ends as well.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <roompp/deflate.hpp>
#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/testing/http_reply.hpp>
#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/simulation.hpp>
#include <roompp/v1.hpp>

#include "driver.hpp"
#include "plain_inflate.hpp"
#include "plain_utf8.hpp"

using fuzz::require;
using fuzz::utf8_state;
using roompp::testing::http_reply;
using roompp::testing::http_reply_reader;

namespace {

// The client's end of the connection: the bytes that have come.
class raw_client {
public:
    explicit raw_client(roompp::server& server)
        : link_(roompp::testing::simulation::find_or_start(server)->connect(1, std::size_t{64} * 1024)) {
        link_->on_receive = [this](std::string_view bytes, bool is_last) {
            received_ += bytes;
            has_ended_ = has_ended_ || is_last;
        };
    }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;
    ~raw_client() {
        link_->on_receive = nullptr;
        link_->vanish();
    }

    void send(std::string_view bytes) const { link_->send(bytes); }
    void end_sending() const { link_->send_fin(); }
    void vanish() const { link_->vanish(); }
    [[nodiscard]] std::string_view received() const noexcept { return received_; }
    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

private:
    std::shared_ptr<roompp::testing::memory_link> link_;
    std::string received_;
    bool has_ended_ = false;
};

// The frames that a server has sent (RFC 6455, section 5), the last of which may be incomplete.
void check_frames(std::string_view bytes, bool is_compressed) {
    const auto byte = [&bytes](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
    bool has_closed = false;
    while (bytes.size() >= 2) {
        require(!has_closed, "nothing comes behind a close frame");
        const bool has_rsv1 = (byte(0) & 0x40U) != 0;
        const unsigned kind = byte(0) & 15U;
        require((byte(0) & 0x80U) != 0 && (byte(0) & 0x30U) == 0 && (byte(1) & 0x80U) == 0,
                "a server's frames are whole messages, without a mask");
        require(kind == 1 || kind == 2 || (kind >= 8 && kind <= 10), "a server's frame has an opcode that is known");
        require(!has_rsv1 || (is_compressed && kind <= 2), "only messages are compressed, if that was agreed on");
        std::uint64_t size = byte(1);
        const std::size_t length_size = size == 127 ? 8 : size == 126 ? 2 : 0;
        require(kind <= 2 || length_size == 0, "a control frame is short");
        if (bytes.size() < 2 + length_size) return;
        if (length_size != 0) size = 0;
        for (std::size_t i = 0; i < length_size; ++i) size = size * 256 + byte(2 + i);
        require(size >= (length_size == 8 ? 65536U : length_size == 2 ? 126U : 0U), "a length has its shortest form");
        if (bytes.size() - 2 - length_size < size) return;
        std::string payload(bytes.substr(2 + length_size, static_cast<std::size_t>(size)));
        bytes.remove_prefix(2 + length_size + static_cast<std::size_t>(size));
        if (has_rsv1) {
            auto content = fuzz::plain_inflate::run(payload + std::string("\0\0\xff\xff", 4), std::size_t{1} << 22U);
            require(!content.is_malformed && content.is_between_blocks, "what a server compresses is whole");
            payload = std::move(content.data);
        }
        if (kind == 1) require(fuzz::check_utf8(payload) == utf8_state::complete, "a text is UTF-8");
        if (kind != 8) continue;
        has_closed = true;
        if (payload.empty()) continue;
        require(payload.size() >= 2, "a close frame has a code, or nothing");
        const unsigned code = static_cast<unsigned char>(payload[0]) * 256U + static_cast<unsigned char>(payload[1]);
        require(code >= 1000 && code < 5000 && code != 1004 && code != 1005 && code != 1006 && code != 1015,
                "a close code may be sent");
        require(fuzz::check_utf8(std::string_view(payload).substr(2)) == utf8_state::complete, "a reason is UTF-8");
    }
}

class conversation {
public:
    explicit conversation(std::uint64_t seed)
        : world_(set_up(), seed), member_(world_.connect("/ws/room/tea/")), client_(server_) {}

    void run(std::string_view bytes, fuzz::choices& random) {
        const bool is_whole = random.next(4) == 0;
        while (!bytes.empty()) {
            const std::size_t size = is_whole ? bytes.size() : std::min(bytes.size(), random.next_size() * 8);
            client_.send(bytes.substr(0, size));
            bytes.remove_prefix(size);
            if (random.next(2) == 0) world_.settle();
            if (random.next(64) == 0) world_.advance(std::chrono::seconds(1));
        }
        const std::size_t ending = random.next(3);
        if (ending == 0) client_.vanish();
        if (ending == 1) client_.end_sending();
        // The longest of all limits, several times: of the answer, of keep-alive, of ping and pong, of closing.
        for (int i = 0; i < 5; ++i) world_.advance(std::chrono::minutes(3));
        const bool is_stream = check_responses(client_.received());
        // An event stream goes on as long as its client reads, which this one does, even if it sends nothing more.
        require(ending == 0 || client_.has_ended() || is_stream, "the server ends the connection in the end");
        require(member_.is_open(), "the other member is still there");
        for (roompp::testing::received_message message; has_message(message);)
            require(
                message.kind == roompp::payload_kind::binary || fuzz::check_utf8(message.data) == utf8_state::complete,
                "a member gets UTF-8");
        require(errors_ == 0 && world_.errors().empty(), "nothing is thrown");
    }

private:
    [[nodiscard]] bool has_message(roompp::testing::received_message& message) {
        try {
            message = member_.receive_message();
            return true;
        } catch (const roompp::testing::failure&) {
            return false;
        }
    }

    roompp::server& set_up() {
        server_.on_error([this](const std::exception_ptr&) { ++errors_; });
        server_.compression(roompp::deflate({1, 8}));
        server_.on_response([this](const roompp::request& request, const roompp::response_info&) {
            is_head_.push_back(request.method() == "HEAD");
        });
        server_.websocket("/ws/echo/", roompp::echo());
        roompp::rooms<roompp::basic_room<roompp::ring_history<10>, roompp::presence>> rooms;
        server_.websocket("/ws/chat/{room}/", rooms, roompp::v1_protocol(), roompp::django_channels_protocol());
        server_.websocket("/ws/room/{room}/", roompp::rooms<>());
        roompp::http_rooms(server_, rooms, roompp::v1_protocol())
            .poll_route("/poll/{room}/")
            .event_route("/events/{room}/")
            .post_route("/send/{room}/");
        server_.get("/hello/{name}/", [](const roompp::request& request) {
            return "Hello, " + std::string(request.parameter("name")) + "!\n";
        });
        server_.post("/shout/", [](const roompp::request& request) { return std::string(request.body()); });
        return server_;
    }

    // @returns whether the last response is a stream of events.
    [[nodiscard]] bool check_responses(std::string_view bytes) const {
        for (std::size_t i = 0; !bytes.empty(); ++i) {
            // A request that was refused before it was whole is not in the list, and may have been a HEAD.
            const bool is_listed = i < is_head_.size();
            http_reply_reader reader(is_listed && is_head_[i]);
            reader.consume(bytes);
            if (client_.has_ended()) reader.end();
            require(reader.error().empty(), "a response is well-formed");
            const http_reply& reply = reader.reply();
            if (!reader.complete()) {
                require(bytes.empty(), "an incomplete response is the last one");
                return reply.header("Content-Type") == "text/event-stream";
            }
            require(reply.status == 101 || (reply.status >= 200 && reply.status < 600), "a response has a status");
            if (reply.status != 101) continue;
            check_frames(bytes, !reply.header("Sec-WebSocket-Extensions").empty());
            break;
        }
        return false;
    }

    roompp::server server_;
    std::vector<bool> is_head_;  // of the requests that were answered, in their order
    std::size_t errors_ = 0;
    roompp::testing::world world_;
    roompp::testing::client member_;
    raw_client client_;
};

}  // namespace

void fuzz::check(std::string_view bytes) {
    choices random(bytes);
    conversation(random.next(2) == 0 ? 0 : random.next(1000)).run(bytes, random);
}
