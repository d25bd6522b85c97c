#pragma once
// Opens a listening socket; the error names the fix if that fails.

#include <cstdint>
#include <string>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>
#include <roompp/net/tcp_types.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Opens a listening socket.
/// @param address an IP address, `localhost`, or empty for all of this machine's, IPv4 and IPv6.
/// @param port 0 picks a free one.
/// @throws std::invalid_argument if the address is not one; std::system_error if it can't be had.
[[nodiscard]] net::tcp_acceptor open_listener(asio::io_context& context, const std::string& address,
                                              std::uint16_t port);

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/listener.ipp>
#endif
