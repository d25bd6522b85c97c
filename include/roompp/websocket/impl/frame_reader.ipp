#pragma once
// Reading frames with websocketpp's RFC 6455 processor, without a websocketpp connection around it.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include <websocketpp/close.hpp>
#include <websocketpp/common/network.hpp>
#include <websocketpp/frame.hpp>
#include <websocketpp/processors/hybi13.hpp>
#include <websocketpp/utf8_validator.hpp>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/frame_header.hpp>
#include <roompp/websocket/frame_reader.hpp>
#include <roompp/websocket/reader_config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {
class frame_reader::processor final : public websocketpp::processor::hybi13<reader_config> {
    using hybi13 = websocketpp::processor::hybi13<reader_config>;
    using pool = reader_config::con_msg_manager_type;

public:
    processor() : hybi13(false, true, std::make_shared<pool>(), no_masks_) {
        // websocketpp caches the machine's byte order in a variable without a lock: set it here, in one thread, before
        // the first length is read.
        [[maybe_unused]] static const auto byte_order_is_known = websocketpp::lib::net::_htonll(1);
    }

    void start(std::size_t max_message_bytes, inflater* decompressor) {
        this->set_max_message_size(max_message_bytes);
        this->m_permessage_deflate.use(decompressor, max_message_bytes);
    }

    /// Reads bytes up to the end of a message or control frame. @returns it; null if there is none yet.
    [[nodiscard]] const reader_config::message_type* read(char*& bytes, std::size_t& size, std::error_code& ec) {
        last_ = nullptr;
        const std::size_t used = this->consume(reinterpret_cast<std::uint8_t*>(bytes), size, ec);
        bytes += used;
        size -= used;
        last_ = this->get_message();
        return last_.get();
    }

    [[nodiscard]] static bool is_utf8(std::string_view text) {
        while (text.size() >= sizeof(std::uint64_t)) {  // websocketpp's validator looks at byte after byte
            std::uint64_t word = 0;
            std::memcpy(&word, text.data(), sizeof word);
            if ((word & 0x8080808080808080U) != 0) break;
            text.remove_prefix(sizeof word);
        }
        websocketpp::utf8_validator::validator validator;
        return validator.decode(text.begin(), text.end()) && validator.complete();
    }

    [[nodiscard]] bool is_between_messages() const noexcept {
        return this->m_state == hybi13::HEADER_BASIC &&
               this->m_bytes_needed == websocketpp::frame::BASIC_HEADER_LENGTH && !this->m_data_msg.msg_ptr;
    }

private:
    rng_type no_masks_;  // the base only keeps a reference
    reader_config::message_type::ptr last_;
};

ROOMPP_DECL frame_reader::frame_reader() : processor_(std::make_unique<processor>()) {}
ROOMPP_DECL frame_reader::~frame_reader() = default;

ROOMPP_DECL void frame_reader::start(std::size_t max_message_bytes, const compression* negotiated) {
    max_message_bytes_ = max_message_bytes;
    if (negotiated && (!inflater_ || inflater_source_ != negotiated)) {
        inflater_ = negotiated->make_inflater();
        inflater_source_ = negotiated;
    }
    processor_->start(max_message_bytes, negotiated ? inflater_.get() : nullptr);
}

ROOMPP_DECL std::optional<client_frame> frame_reader::read(char*& bytes, std::size_t& size, std::error_code& ec) {
    if (auto whole = read_whole(bytes, size)) return whole;
    const auto* const message = processor_->read(bytes, size, ec);
    idle_ = !ec && processor_->is_between_messages();
    if (!message) return std::nullopt;
    if (message->get_compressed()) inflater_->restart();
    return client_frame{static_cast<opcode>(message->get_opcode()), message->get_payload()};
}

ROOMPP_DECL std::uint16_t frame_reader::close_code_for(const std::error_code& ec) noexcept {
    namespace status = websocketpp::close::status;
    const auto code = websocketpp::processor::error::to_ws(ec);
    return code == status::invalid_payload || code == status::message_too_big ? code : close_code::protocol_error;
}

// A message below 64 KiB that has come whole, as most do, needs no copy. Everything else, and all errors, are left to
// the processor.
ROOMPP_DECL std::optional<client_frame> frame_reader::read_whole(char*& bytes, std::size_t& size) const {
    namespace frame = websocketpp::frame;
    constexpr std::size_t mask_size = 4;
    constexpr std::size_t max_header_size = 4 + mask_size;
    if (size < max_header_size || !idle_) return std::nullopt;
    const auto first = static_cast<std::uint8_t>(bytes[0]);
    const auto second = static_cast<std::uint8_t>(bytes[1]);
    std::size_t header_size = 2 + mask_size;
    std::size_t length = second & 0x7fU;
    if (length == frame::payload_size_code_16bit) {
        header_size = max_header_size;
        length =
            static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[2]) << 8U | static_cast<std::uint8_t>(bytes[3]));
        if (length <= frame::limits::payload_size_basic) return std::nullopt;  // not the shortest encoding
    } else if (length == frame::payload_size_code_64bit) {
        return std::nullopt;
    }
    const bool text = first == (0x80U | static_cast<unsigned>(opcode::text));
    if (!text && first != (0x80U | static_cast<unsigned>(opcode::binary))) return std::nullopt;
    if ((second & 0x80U) == 0 || length > size - header_size || length > max_message_bytes_) return std::nullopt;
    frame::masking_key_type key;
    std::memcpy(key.c, bytes + header_size - mask_size, mask_size);
    auto* const body = reinterpret_cast<std::uint8_t*>(bytes + header_size);
    const std::size_t prepared = frame::prepare_masking_key(key);
    frame::byte_mask_circ(body, length, prepared);
    const std::string_view unmasked(bytes + header_size, length);
    if (text && !processor::is_utf8(unmasked)) {
        frame::byte_mask_circ(body, length, prepared);  // masks the bytes again
        return std::nullopt;
    }
    bytes += header_size + length;
    size -= header_size + length;
    return client_frame{static_cast<opcode>(first & 0x0fU), unmasked};
}

}  // namespace net
ROOMPP_NAMESPACE_END
