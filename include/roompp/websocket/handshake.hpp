#pragma once
// The server's half of the opening handshake (RFC 6455, section 4.2.2).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// What a WebSocket needs of its upgrade request, which the caller has validated (RFC 6455, section 4.2.1). The views
/// must be valid until websocket_connection::start() returns.
struct handshake_request {
    std::string_view key;         ///< Sec-WebSocket-Key: 16 bytes in base64
    std::string_view extensions;  ///< Sec-WebSocket-Extensions; empty if the client offers none
};

/// The Sec-WebSocket-Accept that proves that a Sec-WebSocket-Key was read.
[[nodiscard]] std::string accept_key(std::string_view key);

/// The 101 response.
/// @param subprotocol,extensions negotiated values; left out if empty.
/// @param headers further headers. Line breaks in them are dropped: they would start a header of their own.
[[nodiscard]] std::string switching_protocols(std::string_view key, std::string_view subprotocol,
                                              std::string_view extensions,
                                              const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/handshake.ipp>
#endif
