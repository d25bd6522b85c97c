#pragma once
// Close frames by websocketpp's rules.

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <websocketpp/close.hpp>

#include <roompp/config.hpp>
#include <roompp/websocket/close_frame.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL close_frame parse_close_frame(std::string_view body) {
    const std::string bytes(body);
    std::error_code ec;
    close_frame parsed;
    parsed.event.code = websocketpp::close::extract_code(bytes, ec);
    if (!ec) parsed.event.reason = websocketpp::close::extract_reason(bytes, ec);
    parsed.malformed = static_cast<bool>(ec);
    return parsed;
}

ROOMPP_DECL std::string make_close_frame(std::uint16_t code, std::string_view reason) {
    std::string body{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    body.append(reason);
    return body;
}

ROOMPP_DECL bool is_terminal(std::uint16_t code) noexcept { return websocketpp::close::status::terminal(code); }

}  // namespace net
ROOMPP_NAMESPACE_END
