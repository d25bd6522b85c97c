#pragma once
// Why a connection ended: the WebSocket close code and reason.

#include <cstdint>
#include <string>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Close codes of RFC 6455, section 7.4.1, and of the IANA registry, that this library itself sends or reports.
namespace close_code {
inline constexpr std::uint16_t normal = 1000;            ///< the purpose was fulfilled
inline constexpr std::uint16_t going_away = 1001;        ///< server stops, or the page was left
inline constexpr std::uint16_t protocol_error = 1002;    ///< the peer broke the protocol
inline constexpr std::uint16_t no_status = 1005;         ///< the peer closed without a code (never sent)
inline constexpr std::uint16_t abnormal = 1006;          ///< the connection was lost without a close frame (never sent)
inline constexpr std::uint16_t invalid_payload = 1007;   ///< a message's bytes do not fit its type
inline constexpr std::uint16_t policy_violation = 1008;  ///< a rule of the server was broken
inline constexpr std::uint16_t too_big = 1009;           ///< a message was larger than the limit
inline constexpr std::uint16_t internal_error = 1011;    ///< a handler of the application failed
inline constexpr std::uint16_t try_again_later = 1013;   ///< the member was too slow, or the server is full

/// Whether a close frame may have this code (RFC 6455, section 7.4, and IANA's registry up to 1014).
[[nodiscard]] constexpr bool is_sendable(std::uint16_t code) noexcept {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}
}  // namespace close_code

/// How a connection ended.
struct close_event {
    std::uint16_t code = close_code::abnormal;  ///< see close_code; 4000 to 4999 belong to the application
    std::string reason;                         ///< UTF-8, at most 123 bytes (RFC 6455, section 5.5); often empty
};

ROOMPP_NAMESPACE_END
