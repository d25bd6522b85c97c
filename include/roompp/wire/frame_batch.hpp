#pragma once
// Messages as WebSocket frames, one after the other, ready for the socket.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <websocketpp/frame.hpp>

#include <roompp/core/payload.hpp>

namespace roompp::wire {

/// The header of an unmasked, unfragmented server frame (RFC 6455, section 5.2), encoded by websocketpp.
class frame_header {
public:
    frame_header(payload_kind kind, std::size_t length)
        : encoded_(websocketpp::frame::prepare_header(
              websocketpp::frame::basic_header(
                  kind == payload_kind::text ? websocketpp::frame::opcode::text : websocketpp::frame::opcode::binary,
                  length, true, false),
              websocketpp::frame::extended_header(length))) {}

    /// 2, 4 or 10 bytes: short enough to live within the string object.
    [[nodiscard]] std::string_view bytes() const noexcept { return encoded_; }

private:
    std::string encoded_;
};

/// Encoded frames: the batch_type of this library's connections and of the plain websocketpp adaptor.
class frame_batch {
public:
    /// Adds a message as one frame.
    void append(payload message) {
        const frame_header header(message.kind(), message.size());
        bytes_.append(header.bytes()).append(message.data());
    }
    /// Adds whole frames of another batch: the part between two values of its size().
    void append(const frame_batch& other, std::size_t from, std::size_t to) {
        bytes_.append(other.bytes_, from, to - from);
    }
    /// The length in bytes.
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    void clear() noexcept { bytes_.clear(); }

private:
    std::string bytes_;
};

}  // namespace roompp::wire
