#pragma once
// Messages as WebSocket frames, one after the other, ready for the socket.

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <websocketpp/frame.hpp>

#include <roompp/base/integer_cast.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/byte_order.hpp>
#include <roompp/net/compression.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The header of an unmasked, unfragmented server frame (RFC 6455, section 5.2), encoded by websocketpp.
class frame_header {
public:
    using opcode = websocketpp::frame::opcode::value;

    frame_header(opcode kind, std::size_t length, bool compressed = false)
        : encoded_(encode(kind, length, compressed)) {}
    frame_header(payload_kind kind, std::size_t length)
        : frame_header(
              kind == payload_kind::text ? websocketpp::frame::opcode::text : websocketpp::frame::opcode::binary,
              length) {}

    /// 2, 4 or 10 bytes: short enough to live within the string object.
    [[nodiscard]] std::string_view bytes() const noexcept { return encoded_; }

private:
    static std::string encode(opcode kind, std::size_t length, bool compressed) {
        namespace frame = websocketpp::frame;
        find_byte_order();
        return frame::prepare_header(frame::basic_header(kind, length, true, false, compressed),
                                     frame::extended_header(length));
    }

    std::string encoded_;
};

/// Encoded frames: the batch_type of this library's connections and of the plain websocketpp adaptor.
///
/// Thread-safety: while nobody changes it, every function that does not may be called from any thread.
class frame_batch {
public:
    frame_batch() = default;
    frame_batch(const frame_batch&) = delete;
    frame_batch& operator=(const frame_batch&) = delete;

    /// Adds a message as one frame.
    void append(payload message) {
        const frame_header header(message.kind(), message.size());
        bytes_.append(header.bytes()).append(message.data());
    }
    /// Adds bytes as they are, for connections that are no WebSockets.
    void append_bytes(std::string_view bytes) { bytes_.append(bytes); }
    /// Adds whole frames of another batch: the part between two values of its size().
    void append(const frame_batch& other, std::size_t from, std::size_t to) {
        bytes_.append(other.bytes_, from, to - from);
    }
    /// The length in bytes.
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    void clear() noexcept {
        bytes_.clear();
        compressed_ = nullptr;
    }

    /// The same messages for those who agreed on this compression: made when it is first asked for, and shared.
    [[nodiscard]] std::shared_ptr<const frame_batch> compressed(const compression& how) const {
        const std::lock_guard lock(compressing_);
        if (!compressed_) {
            auto made = std::make_shared<frame_batch>();
            for (std::string_view rest = bytes_; !rest.empty();) append_compressed(*made, rest, how);
            compressed_ = std::move(made);
        }
        return compressed_;
    }

private:
    // The first frame of `rest`, taken from it.
    static void append_compressed(frame_batch& to, std::string_view& rest, const compression& how) {
        namespace frame = websocketpp::frame;
        const frame::basic_header basic(static_cast<std::uint8_t>(rest[0]), static_cast<std::uint8_t>(rest[1]));
        frame::extended_header extended;
        const std::size_t header_size = frame::get_header_len(basic);
        rest.copy(reinterpret_cast<char*>(extended.bytes), header_size - frame::BASIC_HEADER_LENGTH,
                  frame::BASIC_HEADER_LENGTH);
        const auto length = roompp::detail::integer_cast<std::size_t>(frame::get_payload_size(basic, extended));
        std::string smaller;
        if (how.deflate(rest.substr(header_size, length), smaller))
            to.bytes_.append(frame_header(frame::get_opcode(basic), smaller.size(), true).bytes()).append(smaller);
        else
            to.bytes_.append(rest.substr(0, header_size + length));
        rest.remove_prefix(header_size + length);
    }

    std::string bytes_;
    mutable std::mutex compressing_;  // the loops on which the members live may all be first
    mutable std::shared_ptr<const frame_batch> compressed_;
};

/// A batch on its way to many members of one loop: its compressed form is looked up once, not once for each of them.
class batch_for_many {
public:
    /// @param plain must outlive this.
    explicit batch_for_many(const std::shared_ptr<const frame_batch>& plain) noexcept : plain_(plain) {}

    [[nodiscard]] const std::shared_ptr<const frame_batch>& plain() const noexcept { return plain_; }
    [[nodiscard]] const std::shared_ptr<const frame_batch>& compressed(const compression& how) {
        if (!compressed_) compressed_ = plain_->compressed(how);
        return compressed_;
    }

private:
    const std::shared_ptr<const frame_batch>& plain_;
    std::shared_ptr<const frame_batch> compressed_;
};

}  // namespace net
ROOMPP_NAMESPACE_END
