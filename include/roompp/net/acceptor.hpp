#pragma once
// Accepts connections on one port.

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <system_error>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>
#include <roompp/net/tcp_types.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/shard.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A listening socket. Single-threaded (its own loop); not movable.
class acceptor {
public:
    /// Receivers of its events.
    struct callbacks {
        std::function<net::shard&()> next;                       ///< chooses the next connection's shard
        std::function<void(net::shard&, net::tcp_socket)> take;  ///< takes a connection, on the loop of its shard
        std::function<void(std::exception_ptr)> failed;          ///< no connection can be accepted at present
    };

    /// Listens. @throws as open_listener().
    acceptor(asio::io_context& context, const std::string& address, std::uint16_t port);
    acceptor(const acceptor&) = delete;
    acceptor& operator=(const acceptor&) = delete;

    /// The address and port on which it listens.
    [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return listener_.local_endpoint(); }

    /// Accepts from now on; call once.
    void start(callbacks receivers);
    /// Accepts nothing more, and closes the port.
    void stop() noexcept;

private:
    void accept();
    void retry_after(const std::error_code& ec);

    asio::io_context& context_;
    net::tcp_acceptor listener_;
    callbacks callbacks_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/acceptor.ipp>
#endif
