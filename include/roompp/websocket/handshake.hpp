#pragma once
// The server's half of the opening handshake (RFC 6455, section 4.2.2).

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <websocketpp/base64/base64.hpp>
#include <websocketpp/processors/base.hpp>
#include <websocketpp/sha1/sha1.hpp>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// What a WebSocket needs of its upgrade request, which the caller has validated (RFC 6455, section 4.2.1). The views must be
/// valid until websocket_connection::start() returns.
struct handshake_request {
    std::string_view key;         ///< Sec-WebSocket-Key: 16 bytes in base64
    std::string_view extensions;  ///< Sec-WebSocket-Extensions; empty if the client offers none
};

/// The Sec-WebSocket-Accept that proves that a Sec-WebSocket-Key was read.
[[nodiscard]] inline std::string accept_key(std::string_view key) {
    std::string text(key);
    text.append(websocketpp::processor::constants::handshake_guid);
    unsigned char digest[20];
    websocketpp::sha1::calc(text.data(), text.size(), digest);
    return websocketpp::base64_encode(digest, sizeof digest);
}

/// The 101 response. Empty parts are left out; a line break in a value, which would start a header of its own, is too.
[[nodiscard]] inline std::string switching_protocols(std::string_view key, std::string_view subprotocol,
                                                     std::string_view extensions,
                                                     const std::vector<std::pair<std::string, std::string>>& headers) {
    std::string response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    const auto add = [&response](std::string_view name, std::string_view value) {
        const auto in_line = [](char c) { return c != '\r' && c != '\n'; };
        std::copy_if(name.begin(), name.end(), std::back_inserter(response), in_line);
        response.append(": ");
        std::copy_if(value.begin(), value.end(), std::back_inserter(response), in_line);
        response.append("\r\n");
    };
    add("Sec-WebSocket-Accept", accept_key(key));
    if (!subprotocol.empty()) add("Sec-WebSocket-Protocol", subprotocol);
    if (!extensions.empty()) add("Sec-WebSocket-Extensions", extensions);
    for (const auto& [name, value] : headers) add(name, value);
    response.append("\r\n");
    return response;
}

}  // namespace net
ROOMPP_NAMESPACE_END
