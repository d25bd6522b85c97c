#pragma once
// A non-blocking TCP socket as a stream.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <roompp/base/limits.hpp>
#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>
#include <roompp/net/tcp_types.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/connection_limiter.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The stream of a server's connections: see stream_concept, which says what each function must do.
class tcp_stream {
public:
    explicit tcp_stream(tcp_socket socket);

    /// Counts the peer as lost when it has not acknowledged sent bytes for this long, where the system can (Linux:
    /// TCP_USER_TIMEOUT; at most a day). Without it, a peer whose network goes away stays for as long as the system
    /// sends again: about 15 minutes. WebSockets also have pings against that; event streams have not.
    void set_user_timeout(std::chrono::seconds timeout) noexcept;

    /// Counts the stream among the connections of its peer's address until it is closed.
    /// Without limits::connections_per_address it is not counted.
    /// @returns false if the address has that many already.
    [[nodiscard]] bool take_slot(connection_limiter& limiter, const limits& limits);

    std::size_t read_some(char* into, std::size_t size, std::error_code& ec) {
        return socket_.read_some(asio::buffer(into, size), ec);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
        return socket_.write_some(buffers, ec);
    }
    template <class Handler>
    void wait_readable(Handler&& handler) {
        socket_.async_wait(tcp_socket::wait_read, std::forward<Handler>(handler));
    }
    template <class Handler>
    void receive(char* into, std::size_t size, Handler&& handler) {
        socket_.async_receive(asio::buffer(into, size), std::forward<Handler>(handler));
    }
    template <class Handler>
    void wait_writable(Handler&& handler) {
        socket_.async_wait(tcp_socket::wait_write, std::forward<Handler>(handler));
    }
    template <class Handler>
    void wait_lost(Handler&& handler) {
        socket_.async_wait(tcp_socket::wait_error, std::forward<Handler>(handler));
    }
    void end_writing() noexcept;
    void close() noexcept;
    /// The peer's address without the port; an IPv4 address as such, even on a port that serves IPv6 as well.
    [[nodiscard]] std::string peer_address() const;
    /// Runs the handlers of the stream.
    [[nodiscard]] auto get_executor() noexcept { return socket_.get_executor(); }
    [[nodiscard]] auto native_handle() noexcept { return socket_.native_handle(); }
    [[nodiscard]] static constexpr bool is_secure() noexcept { return false; }
    [[nodiscard]] static bool is_would_block(const std::error_code& ec) noexcept {
        return ec == asio::error::would_block || ec == asio::error::try_again || ec == asio::error::interrupted;
    }

private:
    tcp_socket socket_;
    std::unique_ptr<connection_limiter::slot> slot_;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/tcp_stream.ipp>
#endif
