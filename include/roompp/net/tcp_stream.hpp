#pragma once
// A non-blocking TCP socket, as the channel wants its streams.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/connection_limiter.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The stream concept by its first example: reads and writes that never block, waits that tell when to try again, and
/// an orderly end. A stream is used by one thread, and moves with its connection.
class tcp_stream {
public:
    explicit tcp_stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
        std::error_code ignored;  // a socket that refuses these still works, only slower
        socket_.non_blocking(true, ignored);
        socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    }

    /// Counts the peer as lost when it has not acknowledged for so long what was sent to it, where the system can
    /// (Linux: TCP_USER_TIMEOUT). A peer that vanishes without a word, as when its network goes, would otherwise be
    /// there for as long as the system sends again: about 15 minutes. A WebSocket has pings against that; an event
    /// stream has not.
    void give_up_after([[maybe_unused]] std::chrono::seconds silence) noexcept {
#ifdef TCP_USER_TIMEOUT
        constexpr std::chrono::hours longest{24};  // which fits into the system's int
        const std::chrono::milliseconds time = std::min<std::chrono::seconds>(silence, longest);
        const auto milliseconds = static_cast<int>(time.count());
        // A socket that refuses it still works.
        (void)::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
#endif
    }

    /// Counts it among the connections of its peer's address until it is closed.
    /// @param most how many there may be; 0: any number, and it is not counted.
    /// @returns whether there was a place left.
    [[nodiscard]] bool take_place(connection_limiter& book, std::size_t most) {
        if (most == 0) return true;
        place_ = book.enter(peer_address(), most);
        return place_ != nullptr;
    }

    /// Reads what is there, at most `size` bytes.
    /// @returns the number of bytes; 0 with `ec` set to would_block, eof or an error.
    std::size_t read_some(char* into, std::size_t size, std::error_code& ec) {
        return socket_.read_some(asio::buffer(into, size), ec);
    }
    /// Writes what the socket takes.
    /// @returns the number of bytes; 0 with `ec` set to would_block or an error.
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
        return socket_.write_some(buffers, ec);
    }
    /// Calls `handler(std::error_code)` once when there is something to read (or an end to see).
    template <class Handler>
    void wait_readable(Handler&& handler) {
        socket_.async_wait(asio::ip::tcp::socket::wait_read, std::forward<Handler>(handler));
    }
    /// Calls `handler(std::error_code)` once when there is room to write.
    template <class Handler>
    void wait_writable(Handler&& handler) {
        socket_.async_wait(asio::ip::tcp::socket::wait_write, std::forward<Handler>(handler));
    }
    /// Calls `handler(std::error_code)` once when the connection may have been lost, such as by a reset. For after the
    /// end of the input, where wait_readable() would return at once.
    template <class Handler>
    void wait_lost(Handler&& handler) {
        socket_.async_wait(asio::ip::tcp::socket::wait_error, std::forward<Handler>(handler));
    }
    /// Tells the peer that nothing more comes.
    void end_writing() noexcept {
        std::error_code ignored;
        socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }
    /// Ends everything now; waits that are under way are called with an error.
    void close() noexcept {
        std::error_code ignored;
        socket_.close(ignored);
        place_.reset();
    }
    /// The peer's address as text, without the port; empty if it is gone.
    [[nodiscard]] std::string peer_address() const {
        std::error_code ec;
        const auto endpoint = socket_.remote_endpoint(ec);
        return ec ? std::string() : endpoint.address().to_string();
    }
    /// The system's handle of the socket, for who sends to many at once.
    [[nodiscard]] auto native_handle() noexcept { return socket_.native_handle(); }
    /// Whether the stream is encrypted.
    [[nodiscard]] static constexpr bool is_secure() noexcept { return false; }
    /// Whether `ec` means "not now".
    [[nodiscard]] static bool is_would_block(const std::error_code& ec) noexcept {
        return ec == asio::error::would_block || ec == asio::error::try_again || ec == asio::error::interrupted;
    }

private:
    asio::ip::tcp::socket socket_;
    std::unique_ptr<connection_limiter::place> place_;
};

}  // namespace net
ROOMPP_NAMESPACE_END
