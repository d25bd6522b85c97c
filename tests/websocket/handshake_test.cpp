#include <roompp/websocket/handshake.hpp>

#include "support/catch.hpp"

using roompp::net::accept_key;
using roompp::net::switching_protocols;

TEST_CASE("The key is answered as in the example of RFC 6455, section 1.3", "[handshake]") {
    CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("A handshake's response has what was agreed on, and nothing else", "[handshake]") {
    const std::string start =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    const char* const key = "dGhlIHNhbXBsZSBub25jZQ==";
    CHECK(switching_protocols(key, "", "", {}) == start + "\r\n");
    CHECK(
        switching_protocols(key, "chat", "permessage-deflate", {{"Set-Cookie", "a=b"}}) ==
        start +
            "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSet-Cookie: a=b\r\n\r\n");
}

TEST_CASE("A header of the response cannot start another one", "[handshake]") {
    const auto response = switching_protocols("key", "", "", {{"A", "b\r\nEvil: yes"}});
    CHECK(response.find("\r\nEvil") == std::string::npos);
}
