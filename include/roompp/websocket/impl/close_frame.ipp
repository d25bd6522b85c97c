#pragma once
// Definitions of <roompp/websocket/close_frame.hpp>.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>
#include <roompp/websocket/close_frame.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL close_frame parse_close_frame(std::string_view payload) {
    if (payload.empty()) return {{close_code::no_status, {}}, false};
    if (payload.size() == 1) return {{close_code::protocol_error, "a close frame has half a code"}, true};
    close_event event = decode_close_payload(payload);
    if (!close_code::is_sendable(event.code))
        return {{close_code::protocol_error, "a close frame has a code that must not be sent"}, true};
    if (!roompp::detail::is_utf8(event.reason))
        return {{close_code::invalid_payload, "a close frame has a reason that is not UTF-8"}, true};
    return {std::move(event), false};
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

ROOMPP_DECL bool is_terminal(std::uint16_t code) noexcept {
    switch (code) {
        case close_code::protocol_error:
        case close_code::invalid_payload:
        case close_code::policy_violation:
        case close_code::too_big:
        case close_code::internal_error:
            return true;
        default:
            return !close_code::is_sendable(code);
    }
}

}  // namespace net
ROOMPP_NAMESPACE_END
