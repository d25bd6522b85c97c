#pragma once
// What could not be sent at once, in order.

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>

#include <roompp/net/frame_batch.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The bytes that wait for a socket to be writable: a connection's own, and parts of batches shared with other members.
class send_queue {
public:
    /// Takes a copy of the bytes.
    void push(std::string_view bytes) {
        if (bytes.empty()) return;
        if (pieces_.empty() || pieces_.back().shared || pieces_.back().own.size() >= full_piece) pieces_.emplace_back();
        pieces_.back().own.append(bytes);
        size_ += bytes.size();
    }
    /// Takes a share of a batch, from byte `from` on.
    void push(const std::shared_ptr<const frame_batch>& batch, std::size_t from) {
        if (from == batch->size()) return;
        pieces_.emplace_back();
        pieces_.back().shared = batch;
        pieces_.back().at = from;
        size_ += batch->size() - from;
    }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// The number of bytes that wait.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// About how much memory they take, were nobody else to share the batches: small ones cost more than their bytes.
    [[nodiscard]] std::size_t footprint() const noexcept { return size_ + pieces_.size() * piece_cost; }

    /// The first of what waits, for one gathered write; the rest of the array is empty buffers.
    static constexpr std::size_t most_buffers = 16;
    [[nodiscard]] std::array<asio::const_buffer, most_buffers> front() const {
        std::array<asio::const_buffer, most_buffers> buffers;
        std::size_t n = 0;
        for (const piece& one : pieces_) {
            if (n == most_buffers) break;
            const auto rest = one.rest();
            buffers[n++] = asio::const_buffer(rest.data(), rest.size());
        }
        return buffers;
    }

    /// Forgets the oldest batches until the footprint is at most so many bytes, if that can be: not what is the
    /// connection's own, and not a batch of which a part is written.
    void forget_batches(std::size_t most) {
        for (auto one = pieces_.begin(); footprint() > most && one != pieces_.end();) {
            if (!one->shared || one->at != 0) {
                ++one;
                continue;
            }
            size_ -= one->rest().size();
            one = pieces_.erase(one);
        }
    }

    /// Forgets the first bytes: they are written.
    void pop(std::size_t bytes) {
        size_ -= bytes;
        while (bytes != 0) {
            const std::size_t first = pieces_.front().rest().size();
            if (bytes < first) {
                pieces_.front().at += bytes;
                return;
            }
            bytes -= first;
            pieces_.pop_front();
        }
    }

private:
    // Where a piece of own bytes ends, so that written ones are given back while others still come.
    static constexpr std::size_t full_piece = 16 * 1024;

    struct piece {
        std::shared_ptr<const frame_batch> shared;
        std::string own;
        std::size_t at = 0;
        [[nodiscard]] std::string_view rest() const noexcept {
            return (shared ? shared->bytes() : std::string_view(own)).substr(at);
        }
    };
    static constexpr std::size_t piece_cost = sizeof(piece) + sizeof(frame_batch);

    std::deque<piece> pieces_;
    std::size_t size_ = 0;
};

}  // namespace net
ROOMPP_NAMESPACE_END
