#pragma once
// A client's bytes become messages: websocketpp's RFC 6455 processor, without a websocketpp connection around it.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/message_buffer/message.hpp>
#include <websocketpp/processors/hybi13.hpp>
#include <websocketpp/random/none.hpp>
#include <websocketpp/utf8_validator.hpp>

#include <roompp/base/close.hpp>
#include <roompp/config.hpp>
#include <roompp/net/byte_order.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/websocket/message_pool.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// websocketpp's extension policy, which is told by the reader what was negotiated.
class incoming_compression {
    using negotiated = std::pair<std::error_code, std::string>;

public:
    void use(inflater* its, std::size_t most) noexcept {
        inflater_ = its;
        most_ = most;
    }
    [[nodiscard]] static bool is_implemented() noexcept { return false; }
    [[nodiscard]] bool is_enabled() const noexcept { return inflater_ != nullptr; }
    [[nodiscard]] static negotiated negotiate(const websocketpp::http::attribute_list&) { return {}; }
    [[nodiscard]] static std::error_code init(bool) noexcept { return {}; }
    [[nodiscard]] static std::string generate_offer() { return {}; }
    [[nodiscard]] static std::error_code compress(const std::string&, std::string&) noexcept {
        return std::make_error_code(std::errc::operation_not_supported);
    }
    [[nodiscard]] std::error_code decompress(const std::uint8_t* bytes, std::size_t size, std::string& out) {
        namespace error = websocketpp::processor::error;
        switch (inflater_->inflate({reinterpret_cast<const char*>(bytes), size}, out, most_)) {
            case inflater::outcome::good:
                return {};
            case inflater::outcome::too_big:
                return error::make_error_code(error::message_too_big);
            case inflater::outcome::malformed:
                break;
        }
        return error::make_error_code(error::invalid_payload);
    }

private:
    inflater* inflater_ = nullptr;
    std::size_t most_ = 0;
};

/// The policies with which this library instantiates websocketpp's processor.
struct reader_config {
    using request_type = websocketpp::http::parser::request;
    using response_type = websocketpp::http::parser::response;
    using message_type = websocketpp::message_buffer::message<message_pool>;
    using con_msg_manager_type = message_pool<message_type>;
    using rng_type = websocketpp::random::none::int_generator<std::uint32_t>;  // only clients mask
    using permessage_deflate_type = incoming_compression;
    static constexpr bool enable_extensions = false;              // negotiated by the connection
    static constexpr std::size_t max_message_size = 1024 * 1024;  // until start() says otherwise
};

/// What a client said: a whole message, or a control frame.
struct client_frame {
    websocketpp::frame::opcode::value kind;
    std::string_view body;  ///< gone with the next read, or when the bytes that were read are
};

/// Reads frames and puts messages together: fragments, masks, UTF-8, sizes, reserved bits (RFC 6455, section 5; RFC
/// 7692, section 6). Between two messages it knows nothing of who sent the first, so one reader serves all connections
/// of a shard, but for those that are in the middle of a message.
class frame_reader : private websocketpp::processor::hybi13<reader_config> {
    using hybi13 = websocketpp::processor::hybi13<reader_config>;
    using message = reader_config::message_type;

public:
    frame_reader() : hybi13(false, true, std::make_shared<message_pool<message>>(), no_masks_) { find_byte_order(); }
    frame_reader(const frame_reader&) = delete;
    frame_reader& operator=(const frame_reader&) = delete;
    ~frame_reader() override = default;

    /// Says whose bytes come next; only while idle().
    /// @param most the largest message, in bytes.
    /// @param negotiated null if messages are not compressed.
    void start(std::size_t most, const compression* negotiated) {
        this->set_max_message_size(most);
        if (negotiated && (!inflater_ || made_by_ != negotiated)) {
            inflater_ = negotiated->make_inflater();
            made_by_ = negotiated;
        }
        this->m_permessage_deflate.use(negotiated ? inflater_.get() : nullptr, most);
    }

    /// Reads bytes up to the end of a message or control frame, and unmasks them where they are.
    /// @param bytes is moved on past what was read, and `size` made less.
    /// @returns nothing if the bytes did not end one, or were no frames: then `ec` is set, and this reader has read its
    /// last.
    [[nodiscard]] std::optional<client_frame> read(char*& bytes, std::size_t& size, std::error_code& ec) {
        last_ = nullptr;
        if (auto whole = read_whole(bytes, size)) return whole;
        const std::size_t used = this->consume(reinterpret_cast<std::uint8_t*>(bytes), size, ec);
        bytes += used;
        size -= used;
        broken_ = static_cast<bool>(ec);
        last_ = this->get_message();
        if (!last_) return std::nullopt;
        if (last_->get_compressed()) inflater_->restart();
        return client_frame{last_->get_opcode(), last_->get_payload()};
    }

    /// Whether nothing of a frame or message has come that is not whole.
    [[nodiscard]] bool idle() const noexcept {
        return !broken_ && this->m_state == hybi13::HEADER_BASIC &&
               this->m_bytes_needed == websocketpp::frame::BASIC_HEADER_LENGTH && !this->m_data_msg.msg_ptr;
    }

    /// The close code that tells a client what was wrong with its bytes.
    [[nodiscard]] static std::uint16_t close_code_for(const std::error_code& ec) noexcept {
        namespace status = websocketpp::close::status;
        const auto code = websocketpp::processor::error::to_ws(ec);
        return code == status::invalid_payload || code == status::message_too_big ? code : close_code::protocol_error;
    }

private:
    // A message below 64 KiB that has come whole, as most do, needs no copy. Whatever else it may be, and all that is
    // wrong, is left to the processor.
    [[nodiscard]] std::optional<client_frame> read_whole(char*& bytes, std::size_t& size) {
        namespace frame = websocketpp::frame;
        constexpr std::size_t mask_size = 4;
        constexpr std::size_t longest_header = 4 + mask_size;
        if (size < longest_header || !idle()) return std::nullopt;
        const auto first = static_cast<std::uint8_t>(bytes[0]);
        const auto second = static_cast<std::uint8_t>(bytes[1]);
        std::size_t header_size = 2 + mask_size;
        std::size_t length = second & 0x7fU;
        if (length == frame::payload_size_code_16bit) {
            header_size = longest_header;
            length = static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[2]) << 8U |
                                              static_cast<std::uint8_t>(bytes[3]));
            if (length <= frame::limits::payload_size_basic) return std::nullopt;  // there is a shorter way to say it
        } else if (length == frame::payload_size_code_64bit) {
            return std::nullopt;
        }
        const bool text = first == (0x80U | frame::opcode::text);
        if (!text && first != (0x80U | frame::opcode::binary)) return std::nullopt;
        if ((second & 0x80U) == 0 || length > size - header_size || length > this->get_max_message_size())
            return std::nullopt;
        frame::masking_key_type key;
        std::memcpy(key.c, bytes + header_size - mask_size, mask_size);
        auto* const body = reinterpret_cast<std::uint8_t*>(bytes + header_size);
        const std::size_t prepared = frame::prepare_masking_key(key);
        frame::byte_mask_circ(body, length, prepared);
        const std::string_view said(bytes + header_size, length);
        if (text && !is_utf8(said)) {
            frame::byte_mask_circ(body, length, prepared);  // as it was
            return std::nullopt;
        }
        bytes += header_size + length;
        size -= header_size + length;
        return client_frame{static_cast<frame::opcode::value>(first & 0x0fU), said};
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

    rng_type no_masks_;  // the base only keeps where it is
    message::ptr last_;
    std::unique_ptr<inflater> inflater_;
    const compression* made_by_ = nullptr;
    bool broken_ = false;
};

}  // namespace net
ROOMPP_NAMESPACE_END
