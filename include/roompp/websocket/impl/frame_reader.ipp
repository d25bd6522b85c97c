#pragma once
// Definitions of <roompp/websocket/frame_reader.hpp>.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/integer_cast.hpp>
#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/opcode.hpp>
#include <roompp/websocket/frame_reader.hpp>
#include <roompp/websocket/masking.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

// Bits and codes of a frame's first two bytes (RFC 6455, section 5.2).
namespace frame_bits {
inline constexpr unsigned fin = 0x80;
inline constexpr unsigned rsv1 = 0x40;
inline constexpr unsigned rsv2_and_rsv3 = 0x30;
inline constexpr unsigned kind = 0x0f;
inline constexpr unsigned mask = 0x80;
inline constexpr unsigned length = 0x7f;
inline constexpr unsigned length_16_bit = 126;
inline constexpr unsigned length_64_bit = 127;
inline constexpr std::size_t max_control_bytes = 125;
}  // namespace frame_bits

[[nodiscard]] constexpr frame_error protocol_error(std::string_view reason) noexcept {
    return {close_code::protocol_error, reason};
}
inline constexpr frame_error message_too_large{close_code::too_big, "the message is larger than the limit"};
inline constexpr frame_error text_not_utf8{close_code::invalid_payload, "a text message is not UTF-8"};
inline constexpr frame_error data_not_deflated{close_code::invalid_payload, "a message is not compressed correctly"};

ROOMPP_DECL void frame_reader::start(std::size_t max_message_bytes, const compression* negotiated) {
    max_message_bytes_ = max_message_bytes;
    negotiated_ = negotiated != nullptr;
    if (negotiated && (!inflater_ || inflater_source_ != negotiated)) {
        inflater_ = negotiated->make_inflater();
        inflater_source_ = negotiated;
    }
}

ROOMPP_DECL std::optional<client_frame> frame_reader::read(char*& bytes, std::size_t& size, frame_error& error) {
    if (auto whole = read_whole(bytes, size)) return whole;
    idle_ = false;
    if (!in_payload_ && !read_header(bytes, size, error)) return std::nullopt;
    const auto count = static_cast<std::size_t>((std::min<std::uint64_t>)(frame_.missing, size));
    frame_.key_offset = apply_mask(bytes, count, frame_.key, frame_.key_offset);
    frame_.missing -= count;
    error = add_payload({bytes, count});
    bytes += count;
    size -= count;
    if (error || frame_.missing != 0) return std::nullopt;
    return end_frame(error);
}

// A message below 64 KiB that has come whole, as most do, needs no copy. Everything else, and all errors, take the long way.
ROOMPP_DECL std::optional<client_frame> frame_reader::read_whole(char*& bytes, std::size_t& size) const {
    constexpr std::size_t key_size = 4;
    constexpr std::size_t max_header_size = 4 + key_size;
    if (size < 2 + key_size || !idle_) return std::nullopt;
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
    const bool is_text = byte(0) == (frame_bits::fin | static_cast<unsigned>(opcode::text));
    if (!is_text && byte(0) != (frame_bits::fin | static_cast<unsigned>(opcode::binary))) return std::nullopt;
    if ((byte(1) & frame_bits::mask) == 0) return std::nullopt;
    std::size_t header_size = 2 + key_size;
    std::size_t length = byte(1) & frame_bits::length;
    if (length >= frame_bits::length_16_bit) {
        if (length == frame_bits::length_64_bit || size < max_header_size) return std::nullopt;
        header_size = max_header_size;
        length = byte(2) << 8U | byte(3);
        if (length < frame_bits::length_16_bit) return std::nullopt;  // not the shortest encoding
    }
    if (length > size - header_size || length > max_message_bytes_) return std::nullopt;
    std::array<char, 4> key{};
    std::memcpy(key.data(), bytes + header_size - key_size, key_size);
    char* const body = bytes + header_size;
    apply_mask(body, length, key);
    if (is_text && !roompp::detail::is_utf8({body, length})) {
        apply_mask(body, length, key);  // masks the bytes again
        return std::nullopt;
    }
    bytes += header_size + length;
    size -= header_size + length;
    return client_frame{is_text ? opcode::text : opcode::binary, {body, length}};
}

// Reads the bytes of a header, in whatever parts they come. @returns whether it is complete and correct.
ROOMPP_DECL bool frame_reader::read_header(char*& bytes, std::size_t& size, frame_error& error) {
    while (header_bytes_ < header_size()) {
        if (size == 0) return false;
        header_[header_bytes_++] = *bytes++;
        --size;
        if (header_bytes_ != 2) continue;
        error = check_start();
        if (error) return false;
    }
    error = parse_header();
    if (error) return false;
    header_bytes_ = 0;
    in_payload_ = true;
    return true;
}

// The size of the header, as far as its bytes so far tell.
ROOMPP_DECL std::size_t frame_reader::header_size() const noexcept {
    if (header_bytes_ < 2) return 2;
    const unsigned length = static_cast<unsigned char>(header_[1]) & frame_bits::length;
    return 2 +
           (length == frame_bits::length_64_bit   ? 8U
            : length == frame_bits::length_16_bit ? 2U
                                                  : 0U) +
           frame_.key.size();
}

// Checks a header's first two bytes.
ROOMPP_DECL frame_error frame_reader::check_start() const noexcept {
    const unsigned first = static_cast<unsigned char>(header_[0]);
    const unsigned second = static_cast<unsigned char>(header_[1]);
    const auto kind = static_cast<opcode>(first & frame_bits::kind);
    if ((first & frame_bits::rsv2_and_rsv3) != 0) return protocol_error("a reserved bit is set");
    if ((first & frame_bits::rsv1) != 0 && !negotiated_)
        return protocol_error("a frame is compressed, but compression was not agreed on");
    if ((second & frame_bits::mask) == 0) return protocol_error("a frame of the client is not masked");
    switch (kind) {
        case opcode::close:
        case opcode::ping:
        case opcode::pong:
            if ((first & frame_bits::fin) == 0) return protocol_error("a control frame is fragmented");
            if ((second & frame_bits::length) > frame_bits::max_control_bytes)
                return protocol_error("a control frame has more than 125 bytes");
            if ((first & frame_bits::rsv1) != 0) return protocol_error("a control frame is compressed");
            return {};
        case opcode::continuation:
            if (!in_message_) return protocol_error("a continuation has no message to continue");
            if ((first & frame_bits::rsv1) != 0)
                return protocol_error(
                    "a continuation has the bit of compressed messages, which only their first frame has");
            return {};
        case opcode::text:
        case opcode::binary:
            if (in_message_) return protocol_error("a message begins before the end of a fragmented one");
            return {};
    }
    return protocol_error("the opcode is reserved");
}

ROOMPP_DECL frame_error frame_reader::parse_header() noexcept {
    const unsigned first = static_cast<unsigned char>(header_[0]);
    const unsigned length_code = static_cast<unsigned char>(header_[1]) & frame_bits::length;
    const std::size_t size = header_size();
    std::uint64_t length = length_code;
    if (length_code >= frame_bits::length_16_bit) {
        length = 0;
        for (std::size_t i = 2; i < size - frame_.key.size(); ++i)
            length = length << 8U | static_cast<unsigned char>(header_[i]);
        if (length <= (length_code == frame_bits::length_16_bit ? 125U : 0xffffU))
            return protocol_error("the payload length is not encoded in the shortest form");
        if (length >> 63U != 0) return protocol_error("the highest bit of a payload length is set");
    }
    frame_.kind = static_cast<opcode>(first & frame_bits::kind);
    frame_.is_last = (first & frame_bits::fin) != 0;
    frame_.missing = length;
    frame_.key_offset = 0;
    std::memcpy(frame_.key.data(), &header_[size - frame_.key.size()], frame_.key.size());
    if (is_control(frame_.kind)) {
        control_.clear();
        return {};
    }
    if (frame_.kind != opcode::continuation) {
        release_message();
        message_kind_ = frame_.kind;
        is_compressed_ = (first & frame_bits::rsv1) != 0;
        in_message_ = true;
    }
    if (length > max_message_bytes_ - (std::min<std::uint64_t>)(received_, max_message_bytes_))
        return message_too_large;
    received_ += length;
    return {};
}

ROOMPP_DECL frame_error frame_reader::add_payload(std::string_view payload) {
    if (is_control(frame_.kind)) {
        control_.append(payload);
        return {};
    }
    return add_data(payload);
}

ROOMPP_DECL frame_error frame_reader::add_data(std::string_view data) {
    const std::size_t size_before = message_.size();
    if (!is_compressed_) {
        message_.append(data);
    } else {
        switch (inflater_->inflate(data, message_, max_message_bytes_)) {
            case inflater::outcome::good:
                break;
            case inflater::outcome::too_big:
                return message_too_large;
            case inflater::outcome::malformed:
                return data_not_deflated;
        }
    }
    if (message_kind_ == opcode::text && !utf8_.append(std::string_view(message_).substr(size_before)))
        return text_not_utf8;
    return {};
}

ROOMPP_DECL std::optional<client_frame> frame_reader::end_frame(frame_error& error) {
    in_payload_ = false;
    if (is_control(frame_.kind)) {
        idle_ = !in_message_;
        return client_frame{frame_.kind, control_};
    }
    if (!frame_.is_last) return std::nullopt;
    error = end_message();
    if (error) return std::nullopt;
    in_message_ = false;
    idle_ = true;
    return client_frame{message_kind_, message_};
}

ROOMPP_DECL frame_error frame_reader::end_message() {
    if (is_compressed_) {
        // The empty block that the sender leaves out (RFC 7692, section 7.2.2).
        const frame_error error = add_data(std::string_view("\x00\x00\xff\xff", 4));
        if (error) return error;
        if (!inflater_->is_between_blocks()) return data_not_deflated;
        inflater_->restart();
    }
    if (message_kind_ == opcode::text && !utf8_.is_complete()) return text_not_utf8;
    return {};
}

// Forgets the last message, and its memory if that is large: one reader serves many connections.
ROOMPP_DECL void frame_reader::release_message() {
    constexpr std::size_t max_reused_capacity = 4096;
    if (message_.capacity() > max_reused_capacity) message_ = {};
    message_.clear();
    received_ = 0;
    utf8_ = {};
}

}  // namespace net
ROOMPP_NAMESPACE_END
