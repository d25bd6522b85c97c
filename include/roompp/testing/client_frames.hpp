#pragma once
// WebSocket frames as a client writes and reads them, through websocketpp.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <websocketpp/frame.hpp>
#include <websocketpp/processors/hybi13.hpp>

#include <roompp/config.hpp>
#include <roompp/websocket/reader_config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace opcode = websocketpp::frame::opcode;

/// A frame of a client: masked (RFC 6455, section 5.3).
[[nodiscard]] inline std::string client_frame(opcode::value kind, std::string_view bytes, std::uint32_t mask,
                                              bool fin = true) {
    const websocketpp::frame::extended_header extended(bytes.size(), mask);
    const websocketpp::frame::basic_header basic(kind, bytes.size(), fin, true);
    std::string frame = websocketpp::frame::prepare_header(basic, extended);
    websocketpp::frame::masking_key_type key;
    key.i = mask;
    websocketpp::frame::byte_mask(bytes.begin(), bytes.end(), std::back_inserter(frame), key);
    return frame;
}

/// Reads what a server sends: whole messages and control frames.
class server_frame_reader {
    using config = net::reader_config;
    using processor = websocketpp::processor::hybi13<config>;

public:
    using message = config::message_type;

    server_frame_reader() : processor_(false, false, std::make_shared<config::con_msg_manager_type>(), numbers_) {
        processor_.set_max_message_size(std::size_t{1} << 30U);
    }

    /// Takes bytes off the front until a message is whole.
    /// @returns the message; nothing if more bytes are needed, or if they are no good: see error().
    [[nodiscard]] std::shared_ptr<message> next(std::string& bytes) {
        if (bytes.empty() || error_) return nullptr;
        const std::size_t n = processor_.consume(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), error_);
        bytes.erase(0, n);
        return error_ || !processor_.ready() ? nullptr : processor_.get_message();
    }
    /// What was wrong with the bytes, if anything was.
    [[nodiscard]] const std::error_code& error() const noexcept { return error_; }

private:
    config::rng_type numbers_;  // masks nothing here
    processor processor_;
    std::error_code error_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
