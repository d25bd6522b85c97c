#pragma once
// Messages as WebSocket frames, one after the other, ready for the socket.

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/frame_header.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Encoded frames: the batch_type of this library's connections and of the plain websocketpp adaptor.
///
/// Thread-safety: const functions may be called from any thread as long as no other function is.
class frame_batch {
public:
    frame_batch() = default;
    frame_batch(const frame_batch&) = delete;
    frame_batch& operator=(const frame_batch&) = delete;

    /// Appends a message as one frame.
    void append(payload message) {
        const frame_header header(message.kind(), message.size());
        bytes_.append(header.bytes()).append(message.data());
    }
    /// Appends bytes as they are, for connections that are not WebSockets.
    void append_bytes(std::string_view bytes) { bytes_.append(bytes); }
    /// Appends whole frames of another batch: those between two values of its size().
    void append(const frame_batch& other, std::size_t begin, std::size_t end) {
        bytes_.append(other.bytes_, begin, end - begin);
    }
    /// Size in bytes.
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    /// The encoded frames. Valid until the batch is changed or destroyed.
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    /// Removes all frames.
    void clear() noexcept {
        bytes_.clear();
        compressed_ = nullptr;
    }

    /// The same messages for members that have agreed on this compression: made by the first call, shared by later
    /// ones.
    [[nodiscard]] std::shared_ptr<const frame_batch> compressed(const compression& algorithm) const;

    /// Counts the send queues that hold the batch, so that its memory counts once.
    /// @returns whether this is the first one; of remove_queue(), the last one.
    [[nodiscard]] bool add_queue() const noexcept { return queues_.fetch_add(1, std::memory_order_acq_rel) == 0; }
    [[nodiscard]] bool remove_queue() const noexcept { return queues_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

private:
    std::string bytes_;
    mutable std::atomic<std::size_t> queues_{0};
    mutable std::mutex compressing_;  // several loops may make the first call at once
    mutable std::shared_ptr<const frame_batch> compressed_;
};

/// A batch for many members of one loop: its compressed form is looked up once, not once for each member.
class batch_for_many {
public:
    /// @param plain must outlive this object.
    explicit batch_for_many(const std::shared_ptr<const frame_batch>& plain) noexcept : plain_(plain) {}

    /// The batch itself.
    [[nodiscard]] const std::shared_ptr<const frame_batch>& plain() const noexcept { return plain_; }
    /// Its compressed form. Call with one algorithm only.
    [[nodiscard]] const std::shared_ptr<const frame_batch>& compressed(const compression& algorithm) {
        if (!compressed_) compressed_ = plain_->compressed(algorithm);
        return compressed_;
    }

private:
    const std::shared_ptr<const frame_batch>& plain_;
    std::shared_ptr<const frame_batch> compressed_;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/frame_batch.ipp>
#endif
