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

}  // namespace net
ROOMPP_NAMESPACE_END
