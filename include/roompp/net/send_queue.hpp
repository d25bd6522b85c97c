#pragma once
// Bytes that could not be sent at once, in order.

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>

#include <roompp/net/frame_batch.hpp>
#include <roompp/net/queue_budget.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The bytes queued until a socket is writable: a connection's own, and parts of batches shared with other members. Not
/// thread-safe.
class send_queue {
public:
    /// @param budget counts its memory; null: nothing does.
    explicit send_queue(std::shared_ptr<queue_budget> budget = nullptr) noexcept : budget_(std::move(budget)) {}
    send_queue(const send_queue&) = delete;
    send_queue& operator=(const send_queue&) = delete;
    ~send_queue() {
        for (const piece& part : pieces_) stop_counting(part);
    }

    /// Appends a copy of the bytes: whole frames.
    /// @param is_rest whether a part of the first frame has been written already.
    void push(std::string_view bytes, bool is_rest = false) { push(bytes, {}, is_rest); }
    /// Appends a copy of bytes in two parts, which stay together.
    void push(std::string_view head, std::string_view body, bool is_rest);
    /// Puts a copy of the bytes before all others, except those of a piece that is partly written and earlier ones of
    /// this kind.
    void push_first(std::string_view bytes);
    /// Appends a share of a batch, from byte `offset` on.
    void push(const std::shared_ptr<const frame_batch>& batch, std::size_t offset);

    /// Whether nothing is queued.
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Number of queued bytes.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Approximate memory use in bytes, as if no batch were shared: small batches cost more than their bytes.
    [[nodiscard]] std::size_t footprint() const noexcept { return size_ + pieces_.size() * piece_cost; }

    /// The number of buffers in one gathered write.
    static constexpr std::size_t max_buffers = 16;
    /// The first queued bytes, for one gathered write; unused buffers are empty. Valid until the queue is changed.
    [[nodiscard]] std::array<asio::const_buffer, max_buffers> front() const;

    /// Drops the oldest batches until the footprint is at most `max_footprint`, as far as possible: a connection's own
    /// bytes and partly written batches stay.
    void drop_batches(std::size_t max_footprint);

    /// Removes the first bytes, which have been written.
    void pop(std::size_t bytes);

private:
    // A piece of own bytes is full at this size, so that written pieces are freed while further bytes come.
    static constexpr std::size_t full_piece = 16 * 1024;

    struct piece {
        std::shared_ptr<const frame_batch> shared;  // null: own bytes
        std::string own;
        std::size_t offset = 0;
        bool is_rest = false;   // its first frame is partly written
        bool is_first = false;  // by push_first()
        [[nodiscard]] bool is_partly_written() const noexcept { return is_rest || offset != 0; }
        [[nodiscard]] std::string_view rest() const noexcept {
            return (shared ? shared->bytes() : std::string_view(own)).substr(offset);
        }
    };
    static constexpr std::size_t piece_cost = sizeof(piece) + sizeof(frame_batch);

    // A piece, and the bytes that it has so far, begin to count in the budget, or end to.
    void start_counting(const piece& part) const noexcept;
    void stop_counting(const piece& part) const noexcept;

    std::shared_ptr<queue_budget> budget_;
    std::deque<piece> pieces_;
    std::size_t size_ = 0;
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/send_queue.ipp>
#endif
