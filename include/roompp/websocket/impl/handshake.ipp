#pragma once
// Definitions of <roompp/websocket/handshake.hpp>.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/sha1.hpp>
#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/websocket/handshake.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// A SHA-1 digest in base64: always 28 characters, the last of them '='.
[[nodiscard]] inline std::array<char, 28> base64_of_digest(const std::array<unsigned char, 20>& digest) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<char, 28> text{};
    for (std::size_t i = 0, out = 0; i < digest.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t j = i; j < i + 3; ++j) bits = bits << 8U | (j < digest.size() ? digest[j] : 0U);
        for (unsigned shift = 24; shift != 0; shift -= 6) text[out++] = alphabet[(bits >> (shift - 6U)) & 0x3fU];
    }
    text.back() = '=';
    return text;
}

[[nodiscard]] inline std::array<char, 28> digest_key(std::string_view key) {
    constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, section 1.3
    constexpr std::size_t key_size = 24;                                       // section 4.1
    std::array<char, key_size + guid.size()> bytes{};
    if (key.size() != key_size) return base64_of_digest(sha1(std::string(key).append(guid)));
    guid.copy(bytes.data() + key.copy(bytes.data(), key_size), guid.size());
    return base64_of_digest(sha1({bytes.data(), bytes.size()}));
}

}  // namespace detail

namespace net {

ROOMPP_DECL std::string accept_key(std::string_view key) {
    const auto accept = detail::digest_key(key);
    return {accept.data(), accept.size()};
}

ROOMPP_DECL std::string switching_protocols(std::string_view key, std::string_view subprotocol,
                                            std::string_view extensions,
                                            const std::vector<std::pair<std::string, std::string>>& headers) {
    constexpr std::string_view start =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    std::string response;
    response.reserve(512);  // most responses
    const auto add_header = [&](std::string_view name, std::string_view value) {
        detail::append_header_text(response, name);
        response.append(": ");
        detail::append_header_text(response, value);
        response.append("\r\n");
    };
    const auto accept = detail::digest_key(key);
    response.append(start).append(accept.data(), accept.size()).append("\r\n");
    if (!subprotocol.empty()) add_header("Sec-WebSocket-Protocol", subprotocol);
    if (!extensions.empty()) add_header("Sec-WebSocket-Extensions", extensions);
    for (const auto& [name, value] : headers) add_header(name, value);
    response.append("\r\n");
    return response;
}

}  // namespace net
ROOMPP_NAMESPACE_END
