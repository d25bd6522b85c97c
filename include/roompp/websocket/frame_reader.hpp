#pragma once
// Turns a client's bytes into messages.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/frame_header.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// What a client has sent: a whole message, or a control frame.
struct client_frame {
    opcode kind;  ///< text, binary, close, ping or pong
    std::string_view
        body;  ///< unmasked and decompressed; valid until the next read, or until the bytes read are changed
};

/// Reads frames and puts messages together: fragments, masks, UTF-8, sizes, reserved bits (RFC 6455, section 5; RFC
/// 7692, section 6). Uses websocketpp's RFC 6455 processor. Between two messages it keeps nothing of a connection, so
/// one reader serves all connections of a shard, except those that are in the middle of a message. Not thread-safe.
class frame_reader {
public:
    frame_reader();
    frame_reader(const frame_reader&) = delete;
    frame_reader& operator=(const frame_reader&) = delete;
    ~frame_reader();

    /// Prepares for the bytes of a connection; only while idle().
    /// @param max_message_bytes limit of a message, in bytes after decompression.
    /// @param negotiated null if messages are not compressed.
    void start(std::size_t max_message_bytes, const compression* negotiated);

    /// Reads bytes up to the end of a message or control frame, and unmasks them in place.
    /// @param bytes,size the bytes that have come; moved on past those that were read.
    /// @returns nothing if more bytes are needed, or if the bytes are malformed: then `ec` is set, and the reader must
    /// not be used any more.
    [[nodiscard]] std::optional<client_frame> read(char*& bytes, std::size_t& size, std::error_code& ec);

    /// Whether it is between two messages. False after an error.
    [[nodiscard]] bool idle() const noexcept { return idle_; }

    /// The close code for an error of read(): 1002, 1007 or 1009.
    [[nodiscard]] static std::uint16_t close_code_for(const std::error_code& ec) noexcept;

private:
    class processor;

    [[nodiscard]] std::optional<client_frame> read_whole(char*& bytes, std::size_t& size) const;

    std::unique_ptr<processor> processor_;
    std::unique_ptr<inflater> inflater_;
    const compression* inflater_source_ = nullptr;
    std::size_t max_message_bytes_ = 0;
    bool idle_ = true;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/frame_reader.ipp>
#endif
