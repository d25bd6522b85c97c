#pragma once
// Turns a client's bytes into messages.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/opcode.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// What a client has sent: a whole message, or a control frame.
struct client_frame {
    opcode kind;  ///< text, binary, close, ping or pong
    /// Unmasked and decompressed; UTF-8 if the kind is text. Valid until the next read, or until the bytes read are changed.
    std::string_view body;
};

/// Why bytes are not frames of a client, as a close frame says it.
struct frame_error {
    std::uint16_t close_code = 0;  ///< 1002, 1007 or 1009; 0 while nothing is wrong
    std::string_view reason;       ///< what is wrong: a literal

    /// Whether something is wrong.
    explicit operator bool() const noexcept { return close_code != 0; }
};

/// Reads a client's frames and puts its messages together, strictly: the first byte that breaks a rule ends the reading
/// (RFC 6455, section 5; RFC 7692, section 6). Between two messages it keeps nothing of a connection, so one reader serves
/// all connections of a shard, except those that are in the middle of a message. Memory grows with the bytes that have
/// come, never with an announced length. Not thread-safe.
class frame_reader {
public:
    frame_reader() = default;
    frame_reader(const frame_reader&) = delete;
    frame_reader& operator=(const frame_reader&) = delete;

    /// Prepares for the bytes of a connection; only while idle().
    /// @param max_message_bytes limit of a message, in bytes after decompression.
    /// @param negotiated null if messages are not compressed.
    void start(std::size_t max_message_bytes, const compression* negotiated);

    /// Reads bytes up to the end of a frame at most, and unmasks them in place.
    /// @param bytes,size the bytes that have come; moved on past those that were read.
    /// @returns a message or control frame that is whole; nothing if more bytes are needed, if the frame was a fragment that
    /// is not the last one, or if the bytes are malformed: then `error` is set, and the reader must not be used any more.
    [[nodiscard]] std::optional<client_frame> read(char*& bytes, std::size_t& size, frame_error& error);

    /// Whether the last read() has come to the end of a fragment that is not the last one of its message.
    [[nodiscard]] bool has_ended_fragment() const noexcept { return in_message_ && !in_payload_ && header_bytes_ == 0; }
    /// Whether it is between two messages. False after an error.
    [[nodiscard]] bool idle() const noexcept { return idle_; }

private:
    // The frame whose bytes are being read.
    struct frame {
        opcode kind = opcode::continuation;
        bool is_last = false;        // of its message: FIN
        bool is_compressed = false;  // RSV1
        std::uint64_t missing = 0;   // bytes of the payload that have not come
        std::size_t key_offset = 0;  // index of the key's byte for the next one
        std::array<char, 4> key{};
    };

    [[nodiscard]] std::optional<client_frame> read_whole(char*& bytes, std::size_t& size) const;
    [[nodiscard]] bool read_header(char*& bytes, std::size_t& size, frame_error& error);
    [[nodiscard]] std::size_t header_size() const noexcept;
    [[nodiscard]] frame_error check_start() const noexcept;
    [[nodiscard]] frame_error parse_header() noexcept;
    [[nodiscard]] frame_error add_payload(std::string_view payload);
    [[nodiscard]] frame_error add_data(std::string_view data);
    [[nodiscard]] std::optional<client_frame> end_frame(frame_error& error);
    [[nodiscard]] frame_error end_message();
    void release_message();

    std::unique_ptr<inflater> inflater_;
    const compression* inflater_source_ = nullptr;
    std::size_t max_message_bytes_ = 0;
    std::array<char, 14> header_{};
    std::size_t header_bytes_ = 0;  // that have come
    frame frame_;
    std::string control_;         // the payload of a control frame
    std::string message_;         // of the fragments that have come
    std::uint64_t received_ = 0;  // bytes of the message's payloads, before decompression
    roompp::detail::utf8_validator utf8_;
    opcode message_kind_ = opcode::text;
    bool is_compressed_ = false;  // the message
    bool negotiated_ = false;     // compression
    bool in_message_ = false;     // its last frame has not begun
    bool in_payload_ = false;
    bool idle_ = true;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/frame_reader.ipp>
#endif
