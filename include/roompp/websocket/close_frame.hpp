#pragma once
// The payload of close frames (RFC 6455, sections 5.5.1 and 7.4).

#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The payload of a peer's close frame, checked.
struct close_frame {
    /// What the peer said: close_code::no_status if it said nothing. If the payload is malformed, what it is answered with,
    /// protocol_error or invalid_payload and the reason for that: nothing else of it can be told to anybody.
    close_event event;
    bool malformed = false;  ///< a single byte, a code that must not be sent, or a reason that is not UTF-8
};

/// Parses and checks the payload of a close frame.
[[nodiscard]] close_frame parse_close_frame(std::string_view payload);

/// Encodes the payload of a close frame (RFC 6455, section 5.5.1). Checks nothing.
[[nodiscard]] std::string encode_close_payload(std::uint16_t code, std::string_view reason);

/// Decodes the payload of a close frame. The code is close_code::no_status if the payload is empty, and
/// close_code::protocol_error if it has a single byte; code and reason are not checked otherwise.
[[nodiscard]] close_event decode_close_payload(std::string_view payload);

/// Whether a close with this code means that the peer's further bytes are of no use: after it, the answer to the
/// closing handshake is not waited for.
[[nodiscard]] bool is_terminal(std::uint16_t code) noexcept;

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/close_frame.ipp>
#endif
