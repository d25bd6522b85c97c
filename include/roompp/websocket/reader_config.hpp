#pragma once
// The policies with which this library instantiates websocketpp's RFC 6455 processor. Works with websocketpp 0.8.2 and
// 0.8.3.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/message_buffer/message.hpp>
#include <websocketpp/processors/base.hpp>
#include <websocketpp/random/none.hpp>

#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/websocket/message_pool.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// websocketpp's extension policy. The connection negotiates; the reader sets the result with use().
class incoming_compression {
    using negotiated = std::pair<std::error_code, std::string>;

public:
    /// @param decompressor null if the messages are not compressed.
    /// @param max_size limit of a decompressed message in bytes.
    void use(inflater* decompressor, std::size_t max_size) noexcept {
        inflater_ = decompressor;
        max_size_ = max_size;
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
        switch (inflater_->inflate({reinterpret_cast<const char*>(bytes), size}, out, max_size_)) {
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
    std::size_t max_size_ = 0;
};

/// The policies.
struct reader_config {
    using request_type = websocketpp::http::parser::request;
    using response_type = websocketpp::http::parser::response;
    using message_type = websocketpp::message_buffer::message<message_pool>;
    using con_msg_manager_type = message_pool<message_type>;
    using rng_type = websocketpp::random::none::int_generator<std::uint32_t>;  // only clients mask
    using permessage_deflate_type = incoming_compression;
    static constexpr bool enable_extensions = false;              // negotiated by the connection
    static constexpr std::size_t max_message_size = 1024 * 1024;  // until frame_reader::start()
};

}  // namespace net
ROOMPP_NAMESPACE_END
