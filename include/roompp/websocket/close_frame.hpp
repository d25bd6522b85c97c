#pragma once
// The body of close frames (RFC 6455, sections 5.5.1 and 7.4).

#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The body of a peer's close frame.
struct close_frame {
    close_event event;       ///< code no_status if the body is empty
    bool malformed = false;  ///< the body has one byte, a code that must not be sent, or a reason that is not UTF-8
};

/// Parses the body of a close frame.
[[nodiscard]] close_frame parse_close_frame(std::string_view body);

/// The body of a close frame: code, then reason.
/// @param reason UTF-8, at most 123 bytes.
[[nodiscard]] std::string make_close_frame(std::uint16_t code, std::string_view reason);

/// Whether a close with this code means that the peer's further bytes are of no use: after it, the answer to the
/// closing handshake is not waited for.
[[nodiscard]] bool is_terminal(std::uint16_t code) noexcept;

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/close_frame.ipp>
#endif
