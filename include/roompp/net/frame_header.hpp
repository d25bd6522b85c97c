#pragma once
// Headers of the frames that a server sends: never masked, never fragmented (RFC 6455, section 5.2).

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <roompp/base/integer_cast.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/opcode.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The header of one unmasked, unfragmented frame. Allocates nothing.
class frame_header {
public:
    /// Size of the longest header, in bytes.
    static constexpr std::size_t max_size = 10;

    /// Encodes a header.
    /// @param length size of the frame's payload in bytes.
    /// @param compressed whether the payload is compressed: RSV1 of permessage-deflate (RFC 7692, section 6).
    constexpr frame_header(opcode kind, std::uint64_t length, bool compressed = false) noexcept {
        bytes_[0] = static_cast<char>(0x80U | (compressed ? 0x40U : 0U) | static_cast<unsigned>(kind));
        if (length < length_16_bit) {
            bytes_[1] = static_cast<char>(length);
            size_ = 2;
        } else if (length <= 0xffffU) {
            bytes_[1] = static_cast<char>(length_16_bit);
            append_length(length, 2);
        } else {
            bytes_[1] = static_cast<char>(length_64_bit);
            append_length(length, 8);
        }
    }
    /// Encodes the header of a message that is not compressed.
    constexpr frame_header(payload_kind kind, std::uint64_t length) noexcept
        : frame_header(kind == payload_kind::text ? opcode::text : opcode::binary, length) {}

    /// The encoded header: 2, 4 or 10 bytes. Valid while this object is.
    [[nodiscard]] constexpr std::string_view bytes() const noexcept { return {bytes_, size_}; }

private:
    friend struct encoded_frame;
    static constexpr unsigned length_16_bit = 126;
    static constexpr unsigned length_64_bit = 127;

    constexpr void append_length(std::uint64_t length, unsigned length_size) noexcept {
        for (unsigned i = 0; i < length_size; ++i)
            bytes_[2 + i] = static_cast<char>((length >> (8U * (length_size - 1 - i))) & 0xffU);
        size_ = static_cast<unsigned char>(2 + length_size);
    }

    char bytes_[max_size] = {};
    unsigned char size_ = 0;
};

/// A frame that was encoded with a frame_header, seen as its parts.
struct encoded_frame {
    opcode kind;             ///< what the frame is
    bool compressed;         ///< whether RSV1 is set
    std::string_view bytes;  ///< header and payload
    std::string_view body;   ///< payload alone

    /// The first frame of a sequence of whole frames that this library has encoded. Not for bytes of a peer: nothing is
    /// checked.
    [[nodiscard]] static constexpr encoded_frame parse_first(std::string_view frames) noexcept {
        const auto byte = [frames](std::size_t index) { return static_cast<unsigned char>(frames[index]); };
        std::size_t header_size = 2;
        std::uint64_t length = byte(1);
        if (length >= frame_header::length_16_bit) {
            header_size += length == frame_header::length_16_bit ? 2 : 8;
            length = 0;
            for (std::size_t i = 2; i < header_size; ++i) length = length << 8U | byte(i);
        }
        const std::string_view whole =
            frames.substr(0, header_size + roompp::detail::integer_cast<std::size_t>(length));
        return {static_cast<opcode>(byte(0) & 0x0fU), (byte(0) & 0x40U) != 0, whole, whole.substr(header_size)};
    }
};

}  // namespace net
ROOMPP_NAMESPACE_END
