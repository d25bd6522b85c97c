#pragma once
// Close frames by websocketpp's rules.

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <websocketpp/close.hpp>

#include <roompp/base/close.hpp>
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

ROOMPP_DECL std::string encode_close_payload(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    return payload.append(reason);
}

ROOMPP_DECL close_event decode_close_payload(std::string_view payload) {
    if (payload.empty()) return {close_code::no_status, {}};
    if (payload.size() == 1) return {close_code::protocol_error, {}};
    const auto high = static_cast<unsigned char>(payload[0]);
    const auto low = static_cast<unsigned char>(payload[1]);
    return {static_cast<std::uint16_t>(high << 8U | low), std::string(payload.substr(2))};
}

ROOMPP_DECL bool is_terminal(std::uint16_t code) noexcept { return websocketpp::close::status::terminal(code); }

}  // namespace net
ROOMPP_NAMESPACE_END
