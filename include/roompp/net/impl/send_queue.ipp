#pragma once
// Keeping bytes in order until a socket takes them.

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/send_queue.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL void send_queue::push(std::string_view head, std::string_view body, bool is_rest) {
    const std::size_t added = head.size() + body.size();
    if (added == 0) return;
    if (pieces_.empty() || pieces_.back().shared || pieces_.back().is_first ||
        pieces_.back().own.size() >= full_piece) {
        pieces_.emplace_back();
        pieces_.back().is_rest = is_rest;
        start_counting(pieces_.back());
    }
    pieces_.back().own.append(head).append(body);
    if (budget_) budget_->add(added);
    size_ += added;
}

ROOMPP_DECL void send_queue::push_first(std::string_view bytes) {
    auto position = pieces_.begin();
    if (position != pieces_.end() && position->is_partly_written()) ++position;
    while (position != pieces_.end() && position->is_first) ++position;
    const auto added = pieces_.emplace(position);
    added->own = bytes;
    added->is_first = true;
    start_counting(*added);
    size_ += bytes.size();
}

ROOMPP_DECL void send_queue::push(const std::shared_ptr<const frame_batch>& batch, std::size_t offset) {
    if (offset == batch->size()) return;
    pieces_.emplace_back();
    pieces_.back().shared = batch;
    pieces_.back().offset = offset;
    start_counting(pieces_.back());
    size_ += batch->size() - offset;
}

ROOMPP_DECL std::array<asio::const_buffer, send_queue::max_buffers> send_queue::front() const {
    std::array<asio::const_buffer, max_buffers> buffers;
    std::size_t count = 0;
    for (const piece& part : pieces_) {
        if (count == max_buffers) break;
        const auto rest = part.rest();
        buffers[count++] = asio::const_buffer(rest.data(), rest.size());
    }
    return buffers;
}

ROOMPP_DECL void send_queue::drop_batches(std::size_t max_footprint) {
    for (auto it = pieces_.begin(); footprint() > max_footprint && it != pieces_.end();) {
        if (!it->shared || it->is_partly_written()) {
            ++it;
            continue;
        }
        size_ -= it->rest().size();
        stop_counting(*it);
        it = pieces_.erase(it);
    }
}

ROOMPP_DECL void send_queue::pop(std::size_t bytes) {
    size_ -= bytes;
    while (bytes != 0) {
        const std::size_t first = pieces_.front().rest().size();
        if (bytes < first) {
            pieces_.front().offset += bytes;
            return;
        }
        bytes -= first;
        stop_counting(pieces_.front());
        pieces_.pop_front();
    }
}

ROOMPP_DECL void send_queue::start_counting(const piece& part) const noexcept {
    if (!budget_) return;
    budget_->add(piece_cost + part.own.size());
    if (part.shared && part.shared->add_queue()) budget_->add(part.shared->size());
}

ROOMPP_DECL void send_queue::stop_counting(const piece& part) const noexcept {
    if (!budget_) return;
    budget_->remove(piece_cost + part.own.size());
    if (part.shared && part.shared->remove_queue()) budget_->remove(part.shared->size());
}

}  // namespace net
ROOMPP_NAMESPACE_END
