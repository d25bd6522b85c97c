#pragma once
// The client's half of the framing: definitions.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/integer_cast.hpp>
#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>
#include <roompp/net/opcode.hpp>
#include <roompp/websocket/client_frame.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL std::string encode_client_frame(opcode kind, std::string_view payload, std::uint32_t masking_key,
                                            bool fin) {
    constexpr unsigned mask_bit = 0x80;
    std::string frame;
    frame.reserve(payload.size() + 14);
    const auto append_big_endian = [&frame](std::uint64_t value, unsigned bytes) {
        for (unsigned shift = bytes * 8; shift != 0; shift -= 8)
            frame.push_back(static_cast<char>(value >> (shift - 8) & 0xffU));
    };
    append_big_endian((fin ? 0x80U : 0U) | static_cast<unsigned>(kind), 1);
    if (payload.size() < 126) {
        append_big_endian(mask_bit | payload.size(), 1);
    } else if (payload.size() <= 0xffff) {
        append_big_endian(mask_bit | 126U, 1);
        append_big_endian(payload.size(), 2);
    } else {
        append_big_endian(mask_bit | 127U, 1);
        append_big_endian(payload.size(), 8);
    }
    append_big_endian(masking_key, 4);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        const std::uint32_t key_byte = masking_key >> (24 - i % 4 * 8) & 0xffU;
        frame.push_back(static_cast<char>(static_cast<unsigned char>(payload[i]) ^ key_byte));
    }
    return frame;
}

ROOMPP_DECL void server_frame_reader::append(std::string_view bytes) {
    if (error_) return;
    buffer_.erase(0, std::exchange(position_, 0));
    buffer_.append(bytes);
}

ROOMPP_DECL std::optional<server_frame_reader::message> server_frame_reader::next() {
    while (!error_) {
        const auto frame = read_header();
        if (!frame || buffer_.size() - position_ - frame->size < frame->payload_bytes) return std::nullopt;
        const auto payload = std::string_view(buffer_).substr(position_ + frame->size, frame->payload_bytes);
        position_ += frame->size + frame->payload_bytes;
        if (is_control(frame->kind)) return message{frame->kind, std::string(payload)};
        if (frame->kind != opcode::continuation) kind_ = frame->kind;
        fragments_.append(payload);
        has_fragments_ = !frame->fin;
        if (has_fragments_) continue;
        message whole{kind_, std::exchange(fragments_, {})};
        if (kind_ != opcode::text || roompp::detail::is_utf8(whole.data)) return whole;
        (void)reject(close_code::invalid_payload, "a text message is not UTF-8");
    }
    return std::nullopt;
}

ROOMPP_DECL std::optional<server_frame_reader::header> server_frame_reader::read_header() {
    const auto bytes = std::string_view(buffer_).substr(position_);
    if (bytes.size() < 2) return std::nullopt;
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
    const unsigned length_code = byte(1) & 0x7fU;
    header frame{static_cast<opcode>(byte(0) & 0x0fU), (byte(0) & 0x80U) != 0, 2, length_code};
    if ((byte(0) & 0x70U) != 0) return reject(close_code::protocol_error, "a reserved bit is set");
    if ((byte(1) & 0x80U) != 0) return reject(close_code::protocol_error, "a frame of the server is masked");
    check_opcode(frame, length_code);
    if (error_) return std::nullopt;
    if (length_code >= 126) {
        frame.size += length_code == 126 ? 2 : 8;
        if (bytes.size() < frame.size) return std::nullopt;
        std::uint64_t length = 0;
        for (std::size_t i = 2; i < frame.size; ++i) length = length << 8U | byte(i);
        if (length <= (length_code == 126 ? 125U : 0xffffU))
            return reject(close_code::protocol_error, "the payload length is not encoded in the shortest form");
        if (length > max_message_bytes_) return reject(close_code::too_big, "a message is too large");
        frame.payload_bytes = roompp::detail::integer_cast<std::size_t>(length);
    }
    if (!is_control(frame.kind) &&
        frame.payload_bytes > max_message_bytes_ - (std::min)(max_message_bytes_, fragments_.size()))
        return reject(close_code::too_big, "a message is too large");
    return frame;
}

ROOMPP_DECL void server_frame_reader::check_opcode(const header& frame, unsigned length_code) {
    switch (frame.kind) {
        case opcode::close:
        case opcode::ping:
        case opcode::pong:
            if (!frame.fin) (void)reject(close_code::protocol_error, "a control frame is fragmented");
            if (length_code > 125) (void)reject(close_code::protocol_error, "a control frame has more than 125 bytes");
            return;
        case opcode::continuation:
            if (!has_fragments_) (void)reject(close_code::protocol_error, "a continuation has no message to continue");
            return;
        case opcode::text:
        case opcode::binary:
            if (has_fragments_)
                (void)reject(close_code::protocol_error, "a message begins before the end of a fragmented one");
            return;
    }
    (void)reject(close_code::protocol_error, "the opcode is reserved");
}

ROOMPP_DECL std::optional<server_frame_reader::header> server_frame_reader::reject(std::uint16_t code,
                                                                                   const char* description) {
    error_ = close_event{code, description};
    return std::nullopt;
}

}  // namespace net
ROOMPP_NAMESPACE_END
