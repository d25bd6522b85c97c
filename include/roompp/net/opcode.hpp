#pragma once
// The opcodes of WebSocket frames.

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Opcodes of frames (RFC 6455, section 5.2).
enum class opcode : unsigned char {
    continuation = 0,  ///< a further fragment of a message
    text = 1,          ///< a message, or its first fragment, in UTF-8
    binary = 2,        ///< a message, or its first fragment, of any bytes
    close = 8,         ///< the closing handshake
    ping = 9,          ///< asks for a pong
    pong = 10          ///< answers a ping
};

/// Whether frames of this kind are control frames, which have no fragments and at most 125 bytes of payload (RFC 6455,
/// section 5.5).
[[nodiscard]] constexpr bool is_control(opcode kind) noexcept { return (static_cast<unsigned>(kind) & 0x8U) != 0; }

}  // namespace net
ROOMPP_NAMESPACE_END
