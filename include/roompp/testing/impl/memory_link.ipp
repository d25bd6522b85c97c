#pragma once
// The network between one client of a test and the server: definitions.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <roompp/net/shard.hpp>
#include <roompp/testing/memory_link.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

// ---- The client's end

ROOMPP_DECL void memory_link::send(std::string_view bytes) {
    if (client_vanished_) return;
    in_flight_.append(bytes);
    notify_uplink();
}

ROOMPP_DECL void memory_link::send_fin() {
    uplink_fin_sent_ = true;
    notify_uplink();
}

ROOMPP_DECL void memory_link::leave() {
    if (client_vanished_) return;
    on_receive = nullptr;
    pause(false);
    send_fin();
}

ROOMPP_DECL void memory_link::vanish() {
    if (client_vanished_) return;
    client_vanished_ = true;
    in_flight_.clear();
    send_fin();
    if (uplink_fin_arrived_) wake(lost_handler_);
}

ROOMPP_DECL void memory_link::pause(bool paused) {
    is_paused_ = paused;
    notify_downlink();
}

// ---- The network

ROOMPP_DECL void memory_link::carry_uplink(std::size_t max_bytes) {
    const std::size_t bytes = (std::min)(max_bytes, uplink_bytes());
    receive_buffer_.append(in_flight_, 0, bytes);
    in_flight_.erase(0, bytes);
    if (in_flight_.empty() && uplink_fin_sent_) uplink_fin_arrived_ = true;
    wake(readable_handler_);
    if (client_vanished_) {
        wake(writable_handler_);
        wake(lost_handler_);
    }
}

ROOMPP_DECL std::size_t memory_link::downlink_bytes(loop::clock::time_point now) const noexcept {
    for (const delay& pending : delays_)
        if (now < pending.end) return pending.offset;
    return send_buffer_.size();
}

ROOMPP_DECL void memory_link::carry_downlink(std::size_t max_bytes, loop::clock::time_point now) {
    const std::string bytes = send_buffer_.substr(0, (std::min)(max_bytes, downlink_bytes(now)));
    send_buffer_.erase(0, bytes.size());
    while (!delays_.empty() && delays_.front().end <= now) delays_.pop_front();
    for (delay& pending : delays_) pending.offset -= bytes.size();
    if (!bytes.empty()) wake(writable_handler_);
    downlink_fin_arrived_ = send_buffer_.empty() && downlink_fin_sent_;
    if (const auto callback = on_receive) callback(bytes, downlink_fin_arrived_);  // a copy: the callee may reset it
}

ROOMPP_DECL void memory_link::detach() {
    network_ = nullptr;
    client_vanished_ = true;
    // Moved first: a handler that is destroyed may lead back here.
    const auto readable = std::exchange(readable_handler_, nullptr);
    const auto writable = std::exchange(writable_handler_, nullptr);
    const auto lost = std::exchange(lost_handler_, nullptr);
}

// ---- The server's end

ROOMPP_DECL std::size_t memory_link::read(char* buffer, std::size_t size, std::error_code& ec) {
    ec.clear();
    if (is_closed_) {
        ec = asio::error::bad_descriptor;
    } else if (is_lost_ || is_reset()) {
        ec = asio::error::connection_reset;
    } else if (receive_buffer_.empty()) {
        ec = uplink_fin_arrived_ ? asio::error::make_error_code(asio::error::eof)
                                 : asio::error::make_error_code(asio::error::would_block);
    }
    if (ec) return 0;
    const std::size_t n = receive_buffer_.copy(buffer, size);
    receive_buffer_.erase(0, n);
    if (!in_flight_.empty() || uplink_fin_sent_) notify_uplink();
    return n;
}

ROOMPP_DECL std::size_t memory_link::start_write(std::size_t bytes, std::error_code& ec) {
    ec.clear();
    if (is_lost_ || is_reset()) {
        ec = asio::error::broken_pipe;
        return 0;
    }
    if (is_closed_ || downlink_fin_sent_) {
        ec = asio::error::bad_descriptor;
        return 0;
    }
    std::size_t free_bytes = capacity_ - (std::min)(capacity_, send_buffer_.size());
    if (!faults_.empty()) {
        const fault next = faults_.front();
        faults_.pop_front();
        switch (next.kind) {
            case fault::short_write:
                free_bytes = (std::min)(free_bytes, next.bytes);
                break;
            case fault::refused:
                free_bytes = 0;
                break;
            case fault::delayed:
                add_delay(host_.now() + next.time);
                break;
            case fault::broken:
                lose();
                ec = asio::error::broken_pipe;
                return 0;
        }
    }
    if (free_bytes == 0 && bytes != 0) ec = asio::error::would_block;
    return (std::min)(free_bytes, bytes);
}

ROOMPP_DECL void memory_link::wait_readable(wait_handler handler) {
    readable_handler_ = std::move(handler);
    if (is_closed_ || !receive_buffer_.empty() || uplink_fin_arrived_) wake(readable_handler_);
}

ROOMPP_DECL void memory_link::wait_writable(wait_handler handler) {
    writable_handler_ = std::move(handler);
    if (is_closed_ || is_lost_ || send_buffer_.size() < capacity_ || is_reset()) wake(writable_handler_);
}

ROOMPP_DECL void memory_link::wait_lost(wait_handler handler) {
    lost_handler_ = std::move(handler);
    if (is_closed_ || is_lost_ || is_reset()) wake(lost_handler_);
}

ROOMPP_DECL void memory_link::shut_down() {
    downlink_fin_sent_ = true;
    notify_downlink();
}

ROOMPP_DECL void memory_link::close() {
    if (is_closed_) return;
    is_closed_ = true;
    shut_down();
    wake(readable_handler_);
    wake(writable_handler_);
    wake(lost_handler_);
}

// Both ends notice that the connection is lost.
ROOMPP_DECL void memory_link::lose() {
    is_lost_ = uplink_fin_sent_ = uplink_fin_arrived_ = true;
    in_flight_.clear();
    receive_buffer_.clear();
    send_buffer_.clear();
    delays_.clear();
    wake(readable_handler_);
    wake(lost_handler_);
    shut_down();
}

ROOMPP_DECL void memory_link::add_delay(loop::clock::time_point end) {
    if (!delays_.empty()) end = (std::max)(end, delays_.back().end);
    delays_.push_back({send_buffer_.size(), end});
}

ROOMPP_DECL void memory_link::wake(wait_handler& handler) {
    if (!handler) return;
    const auto ec = is_closed_ ? asio::error::make_error_code(asio::error::operation_aborted) : std::error_code();
    asio::post(host_.context(), [waiting = std::exchange(handler, nullptr), ec] { waiting(ec); });
}

}  // namespace testing
ROOMPP_NAMESPACE_END
