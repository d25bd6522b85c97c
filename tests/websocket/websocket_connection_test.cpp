// A connection's use of its stream: its writes, and whether it reads.

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <roompp/net/shard.hpp>
#include <roompp/net/tcp_stream.hpp>
#include <roompp/roompp.hpp>
#include <roompp/websocket/websocket_connection.hpp>

#include "support/catch.hpp"

namespace {

namespace net = roompp::net;

// The calls of a stream.
struct stream_log {
    std::vector<std::string> writes;
    std::string arrived;
    std::function<void(const std::error_code&)> readable;
    bool closed = false;
};

// Takes all that is written.
class recording_stream {
public:
    explicit recording_stream(stream_log& log) : log_(&log) {}

    std::size_t read_some(char* into, std::size_t size, std::error_code& ec) {
        if (log_->arrived.empty()) {
            ec = asio::error::would_block;
            return 0;
        }
        const std::size_t n = log_->arrived.copy(into, size);
        log_->arrived.erase(0, n);
        return n;
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code&) {
        std::string bytes;
        for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
            const asio::const_buffer part(*it);
            bytes.append(static_cast<const char*>(part.data()), part.size());
        }
        log_->writes.push_back(bytes);
        return bytes.size();
    }
    template <class Handler>
    void wait_readable(Handler&& handler) {
        log_->readable = std::forward<Handler>(handler);
    }
    template <class Handler>
    void wait_writable(Handler&&) {
        throw std::logic_error("all was written");
    }
    void end_writing() {}
    void close() { log_->closed = true; }
    [[nodiscard]] std::string peer_address() const { return "somebody"; }
    [[nodiscard]] static constexpr bool is_secure() noexcept { return false; }
    [[nodiscard]] static bool is_would_block(const std::error_code& ec) noexcept {
        return ec == asio::error::would_block;
    }

private:
    stream_log* log_;
};

class hooks final : public net::session {
public:
    explicit hooks(std::function<void(std::string_view)> on_message) : on_message_(std::move(on_message)) {}
    void on_message(roompp::payload message) override { on_message_(message.data()); }
    void on_close(const roompp::close_event&) override {}

private:
    std::function<void(std::string_view)> on_message_;
};

struct fixture {
    net::shard host{0, roompp::limits()};

    // A connection whose messages go to `message`, and which has sent `rest` right after its request.
    std::shared_ptr<roompp::connection> open(
        stream_log& log, std::string_view rest = {},
        std::function<void(std::string_view)> message = [](std::string_view) {}) {
        auto made = std::make_shared<net::websocket_connection<recording_stream>>(host, recording_stream(log));
        net::accept_options options;
        options.open = [&](const std::shared_ptr<roompp::connection>&) { return std::make_unique<hooks>(message); };
        made->start({"dGhlIHNhbXBsZSBub25jZQ==", {}}, rest, std::move(options));
        return made;
    }
    // As a client sends it, masked with zeros.
    static std::string from_client(std::string_view text) {
        std::string frame{'\x81', static_cast<char>(0x80U | text.size()), 0, 0, 0, 0};
        return frame.append(text);
    }
    static void arrive(stream_log& log, const std::string& bytes) {
        log.arrived = bytes;
        const auto on_readable = std::exchange(log.readable, nullptr);
        REQUIRE(on_readable);
        on_readable({});
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "A message and its header are one write, also when another connection sends it",
                 "[websocket]") {
    stream_log sender_log;
    stream_log receiver_log;
    const auto receiver = open(receiver_log);
    CHECK(receiver_log.writes.size() == 1);
    const auto sender = open(sender_log, {}, [&](std::string_view text) { receiver->send(text); });
    arrive(sender_log, from_client("to the other") + from_client("again"));
    CHECK(receiver_log.writes.size() == 3);
    CHECK(receiver_log.writes[1] == "\x81\x0cto the other");
    CHECK(receiver_log.writes[2] ==
          "\x81\x05"
          "again");
    receiver->send("alone");
    CHECK(receiver_log.writes.back() ==
          "\x81\x05"
          "alone");
    CHECK(sender_log.writes.size() == 1);
}

TEST_CASE_METHOD(fixture, "All replies to one read are one write", "[websocket]") {
    stream_log log;
    std::shared_ptr<roompp::connection> client;
    client = open(log, {}, [&](std::string_view text) { client->send(text); });
    arrive(log, from_client("a") + from_client("b"));
    CHECK(log.writes.size() == 2);
    CHECK(log.writes.back() ==
          "\x81\x01"
          "a\x81\x01"
          "b");
}

TEST_CASE_METHOD(fixture, "A connection that is closed for the bytes after its request waits for the client's end",
                 "[websocket]") {
    stream_log log;
    (void)open(log, "\x83nonsense");
    REQUIRE(log.writes.size() == 1);
    CHECK(log.writes.front().find("101") != std::string::npos);
    CHECK(log.writes.front().find("\x88") != std::string::npos);
    CHECK_FALSE(log.closed);
    arrive(log, "more of it");
    CHECK_FALSE(log.closed);
    CHECK(log.readable);
}

TEST_CASE_METHOD(fixture, "A paused connection reads nothing until it has been resumed as often", "[websocket]") {
    stream_log log;
    std::vector<std::string> messages;
    std::shared_ptr<roompp::connection> client;
    client = open(log, {}, [&](std::string_view text) {
        messages.emplace_back(text);
        client->pause_reading();
    });
    arrive(log, from_client("a") + from_client("b"));
    CHECK(messages.size() == 2);
    CHECK_FALSE(log.readable);
    client->resume_reading();
    CHECK_FALSE(log.readable);
    client->resume_reading();
    arrive(log, from_client("c"));
    CHECK(messages.size() == 3);
}
