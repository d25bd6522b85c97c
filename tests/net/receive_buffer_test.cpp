// Who receives into a buffer of its own, and who waits first.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <roompp/net/channel.hpp>
#include <roompp/net/receive_buffer.hpp>
#include <roompp/net/shard.hpp>

#include "support/catch.hpp"

namespace net = roompp::net;
using net::receive_buffer;

namespace {

// The bytes of a peer, and what a channel waits for.
struct peer {
    std::string arrived;
    std::function<void(const std::error_code&)> readable;
    std::function<void(const std::error_code&, std::size_t)> received;
    char* target = nullptr;
    std::size_t capacity = 0;

    [[nodiscard]] bool is_received_from() const { return received != nullptr; }

    void send(std::string_view bytes) {
        arrived.append(bytes);
        if (readable) return std::exchange(readable, nullptr)({});
        REQUIRE(received);
        const std::size_t size = arrived.copy(target, capacity);
        arrived.erase(0, size);
        std::exchange(received, nullptr)({}, size);
    }
    void end() {
        if (received) return std::exchange(received, nullptr)(asio::error::eof, 0);
    }
};

class peer_stream {
public:
    explicit peer_stream(peer& other) : peer_(&other) {}

    std::size_t read_some(char* into, std::size_t size, std::error_code& ec) {
        const std::size_t count = peer_->arrived.copy(into, size);
        peer_->arrived.erase(0, count);
        if (count == 0) ec = asio::error::would_block;
        return count;
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code&) {
        return asio::buffer_size(buffers);
    }
    template <class Handler>
    void wait_readable(Handler&& handler) {
        peer_->readable = std::forward<Handler>(handler);
    }
    template <class Handler>
    void receive(char* into, std::size_t size, Handler&& handler) {
        peer_->target = into;
        peer_->capacity = size;
        peer_->received = std::forward<Handler>(handler);
    }
    template <class Handler>
    void wait_writable(Handler&&) {}
    void end_writing() {}
    void close() {}
    [[nodiscard]] std::string peer_address() const { return "somebody"; }
    [[nodiscard]] static constexpr bool is_secure() noexcept { return false; }
    [[nodiscard]] static bool is_would_block(const std::error_code& ec) noexcept {
        return ec == asio::error::would_block;
    }

private:
    peer* peer_;
};

class reader final : public net::channel<reader, peer_stream>, public std::enable_shared_from_this<reader> {
public:
    using channel::channel;
    std::string bytes;
    std::error_code end;

    void start() { start_reading(); }
    void pause() { pause_reading(); }
    void resume() { resume_reading(); }

private:
    friend channel;
    std::size_t on_bytes(char* came, std::size_t size) {
        bytes.append(came, size);
        return size;
    }
    void on_drain() {}
    void on_disconnect(std::error_code ec) { end = ec; }
    void tick(net::shard::clock::time_point) override {}
    void stop() override {}
    void abort() override {}
};

struct fixture {
    net::shard host{0, roompp::limits()};
    peer other;
    std::shared_ptr<reader> connection = std::make_shared<reader>(host, peer_stream(other));

    fixture() { connection->start(); }
    void make_busy() {
        for (unsigned i = 0; i < receive_buffer::busy_reads; ++i) other.send("few");
        connection->bytes.clear();
    }
};

}  // namespace

TEST_CASE("A connection has a receive buffer only while it sends often, and little at a time", "[receive_buffer]") {
    receive_buffer buffer;
    CHECK_FALSE(buffer.is_wanted());
    for (unsigned i = 0; i < receive_buffer::busy_reads; ++i) buffer.note_read(10, true);
    CHECK(buffer.is_wanted());
    CHECK_FALSE(buffer.is_allocated());
    CHECK(buffer.data() != nullptr);
    buffer.note_read(receive_buffer::size - 1, true);
    CHECK(buffer.is_allocated());

    buffer.note_read(receive_buffer::size, true);
    CHECK_FALSE(buffer.is_wanted());
    CHECK_FALSE(buffer.is_allocated());
}

TEST_CASE("A connection that has become rare gives its receive buffer back", "[receive_buffer]") {
    receive_buffer buffer;
    for (unsigned i = 0; i < receive_buffer::busy_reads; ++i) buffer.note_read(10, true);
    (void)buffer.data();
    buffer.note_read(10, false);
    CHECK_FALSE(buffer.is_wanted());
    CHECK_FALSE(buffer.is_allocated());
}

TEST_CASE_METHOD(fixture, "A busy connection's bytes come whole and in order, however many", "[receive_buffer]") {
    CHECK_FALSE(other.is_received_from());
    make_busy();
    REQUIRE(other.is_received_from());
    other.send("small");
    CHECK(connection->bytes == "small");
    REQUIRE(other.is_received_from());

    std::string many;
    while (many.size() < 3 * receive_buffer::size) many += std::to_string(many.size()) + ' ';
    other.send(many);
    CHECK(connection->bytes == "small" + many);
    make_busy();
    CHECK(other.is_received_from());
}

TEST_CASE_METHOD(fixture, "The end of a busy connection is noticed", "[receive_buffer]") {
    make_busy();
    REQUIRE(other.is_received_from());
    other.end();
    CHECK(connection->end == asio::error::eof);
}

TEST_CASE_METHOD(fixture, "A busy connection can be paused", "[receive_buffer]") {
    make_busy();
    connection->pause();
    other.send("before the pause");
    CHECK(connection->bytes == "before the pause");
    CHECK_FALSE(other.is_received_from());
    other.arrived = "after it";
    connection->resume();
    REQUIRE(other.is_received_from());
    other.send("");
    CHECK(connection->bytes == "before the pauseafter it");
}
