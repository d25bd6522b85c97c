#pragma once
// The client's half of the framing: encodes masked frames, reads unmasked ones (RFC 6455, section 5).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>
#include <roompp/net/opcode.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Encodes one frame as a client sends it: masked (RFC 6455, sections 5.2 and 5.3). Checks nothing, so that tests can
/// break the rules.
/// @param masking_key sent with its highest byte first; a client that is no test takes an unpredictable one for each
/// frame.
/// @param fin false for a fragment that is not the last of its message.
[[nodiscard]] std::string encode_client_frame(opcode kind, std::string_view payload, std::uint32_t masking_key,
                                              bool fin = true);

/// Reads a server's frames and puts its messages together. Strict: the first violation ends the reading. Without
/// extensions: a frame with a reserved bit is a violation. Not thread-safe.
class server_frame_reader {
public:
    /// A whole message, or a control frame.
    struct message {
        opcode kind;
        std::string data;
    };

    /// @param max_message_bytes the largest message, after reassembly; a larger one is a violation (1009).
    explicit server_frame_reader(std::size_t max_message_bytes = std::size_t{1} << 30U) noexcept
        : max_message_bytes_(max_message_bytes) {}

    /// Adds bytes, in whatever parts they come. After a violation they are dropped.
    void append(std::string_view bytes);
    /// The next message or control frame that is whole; nothing if more bytes are needed, or after a violation.
    [[nodiscard]] std::optional<message> next();

    /// The violation: the close code for it (1002, 1007 or 1009) and its description. Nothing while there was none.
    [[nodiscard]] const std::optional<close_event>& error() const noexcept { return error_; }
    /// Whether the bytes so far end at the end of a message, so that the connection may end there.
    [[nodiscard]] bool is_idle() const noexcept { return position_ == buffer_.size() && !has_fragments_; }

private:
    // How a frame begins.
    struct header {
        opcode kind;
        bool fin;
        std::size_t size;
        std::size_t payload_bytes;
    };

    [[nodiscard]] std::optional<header> read_header();
    [[nodiscard]] std::optional<header> reject(std::uint16_t code, const char* description);
    void check_opcode(const header& frame, unsigned length_code);

    std::string buffer_;
    std::size_t position_ = 0;  // of the first byte in the buffer that is not read yet
    std::string fragments_;     // of the message that is not whole yet
    opcode kind_ = opcode::text;
    bool has_fragments_ = false;
    std::size_t max_message_bytes_;
    std::optional<close_event> error_;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/client_frame.ipp>
#endif
