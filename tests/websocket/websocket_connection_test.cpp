// What a connection makes of its stream: which writes, and whether it goes on to read.

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>

#include "support/catch.hpp"

namespace {

namespace net = roompp::net;

// What a stream was told to do.
struct log {
    std::vector<std::string> writes;
    std::string arrived;
    std::function<void(const std::error_code&)> readable;
    bool closed = false;
};

// Takes whatever is written.
class noting_stream {
public:
    explicit noting_stream(log& notes) : log_(&notes) {}

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
        for (auto one = asio::buffer_sequence_begin(buffers); one != asio::buffer_sequence_end(buffers); ++one) {
            const asio::const_buffer part(*one);
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
    log* log_;
};

class hooks final : public net::session {
public:
    explicit hooks(std::function<void(std::string_view)> message) : message_(std::move(message)) {}
    void on_message(roompp::payload received) override { message_(received.data()); }
    void on_close(const roompp::close_event&) override {}

private:
    std::function<void(std::string_view)> message_;
};

struct fixture {
    roompp::limits bounds;
    net::shard host{0, bounds};

    // A connection whose messages go to `message`, and which has sent `rest` right after its request.
    std::shared_ptr<roompp::connection> open(
        log& notes, std::string_view rest = {},
        std::function<void(std::string_view)> message = [](std::string_view) {}) {
        auto made = std::make_shared<net::websocket_connection<noting_stream>>(host, noting_stream(notes));
        net::accept_options how;
        how.open = [&](const std::shared_ptr<roompp::connection>&) { return std::make_unique<hooks>(message); };
        made->start({"dGhlIHNhbXBsZSBub25jZQ==", {}}, rest, std::move(how));
        return made;
    }
    // As a client sends it, masked with zeros.
    static std::string from_client(std::string_view text) {
        std::string frame{'\x81', static_cast<char>(0x80U | text.size()), 0, 0, 0, 0};
        return frame.append(text);
    }
    static void arrive(log& at, const std::string& bytes) {
        at.arrived = bytes;
        const auto told = std::exchange(at.readable, nullptr);
        REQUIRE(told);
        told({});
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "A message is one write, with its header, whoever sends it", "[websocket]") {
    log of_one;
    log of_other;
    const auto other = open(of_other);
    CHECK(of_other.writes.size() == 1);
    const auto one = open(of_one, {}, [&](std::string_view text) { other->send(text); });
    arrive(of_one, from_client("to the other") + from_client("again"));
    CHECK(of_other.writes.size() == 3);
    CHECK(of_other.writes[1] == "\x81\x0cto the other");
    CHECK(of_other.writes[2] ==
          "\x81\x05"
          "again");
    other->send("alone");
    CHECK(of_other.writes.back() ==
          "\x81\x05"
          "alone");
    CHECK(of_one.writes.size() == 1);
}

TEST_CASE_METHOD(fixture, "What a connection answers to one read is one write", "[websocket]") {
    log notes;
    std::shared_ptr<roompp::connection> one;
    one = open(notes, {}, [&](std::string_view text) { one->send(text); });
    arrive(notes, from_client("a") + from_client("b"));
    CHECK(notes.writes.size() == 2);
    CHECK(notes.writes.back() ==
          "\x81\x01"
          "a\x81\x01"
          "b");
}

TEST_CASE_METHOD(fixture, "One that is closed for what came with its request waits for the client's end",
                 "[websocket]") {
    log notes;
    (void)open(notes, "\x83nonsense");
    REQUIRE(notes.writes.size() == 1);
    CHECK(notes.writes.front().find("101") != std::string::npos);
    CHECK(notes.writes.front().find("\x88") != std::string::npos);
    CHECK_FALSE(notes.closed);
    arrive(notes, "more of it");
    CHECK_FALSE(notes.closed);
    CHECK(notes.readable);
}

TEST_CASE_METHOD(fixture, "One that is held reads nothing until it is to go on as often", "[websocket]") {
    log notes;
    std::vector<std::string> got;
    std::shared_ptr<roompp::connection> one;
    one = open(notes, {}, [&](std::string_view text) {
        got.emplace_back(text);
        one->pause_reading();
    });
    arrive(notes, from_client("a") + from_client("b"));
    CHECK(got.size() == 2);
    CHECK_FALSE(notes.readable);
    one->resume_reading();
    CHECK_FALSE(notes.readable);
    one->resume_reading();
    arrive(notes, from_client("c"));
    CHECK(got.size() == 3);
}
