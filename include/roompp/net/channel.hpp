#pragma once
// A stream with its send queue: reading, writing in order, backpressure, and the end.

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <roompp/base/slow_consumer.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/gathered_sends.hpp>
#include <roompp/net/receive_buffer.hpp>
#include <roompp/net/send_queue.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/net/stream_concept.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Bytes in and out of one stream. `User` derives from it, is owned by a shared_ptr, and has
/// - `std::size_t on_bytes(char*, std::size_t)`: bytes have come; they may be changed, and are valid until it returns. It
///   returns how many it has used: the others come again in a later turn, see work_budget;
/// - `void on_drain()`: the send queue has been sent;
/// - `void on_disconnect(std::error_code)`: the peer is gone, or is given up with `std::errc::no_buffer_space` because of
///   limits::all_queue_bytes; called once, from the loop, never from a write;
/// - optionally `bool outlasts_input()`: the peer has finished sending, but may still read; see there.
///
/// Every write goes through the channel, so order holds: straight to the socket while nothing is queued, else into the
/// queue, which is written as the socket allows. Writes made within on_bytes() are gathered and written at its end.
template <class User, class Stream>
class channel : public shard::shard_connection {
    static_assert(stream_concept<Stream>::conforms());

public:
    channel(shard& host, Stream stream)
        : shard_connection(host), stream_(std::move(stream)), last_activity_(host.now()) {}

    /// Number of bytes queued for sending.
    [[nodiscard]] std::size_t queued() const noexcept { return queue_ ? queue_->size() : 0; }
    /// Memory use of the queue in bytes: see send_queue::footprint().
    [[nodiscard]] std::size_t queue_footprint() const noexcept { return queue_ ? queue_->footprint() : 0; }

protected:
    ~channel() = default;

    /// Hidden by users that still send after the peer has finished sending.
    /// @returns whether the connection goes on; false ends it with on_disconnect(). May be called again for the same end.
    [[nodiscard]] static constexpr bool outlasts_input() noexcept { return false; }

    [[nodiscard]] const Stream& stream() const noexcept { return stream_; }
    /// Whether nothing can be written any more: after shutdown(), close_now(), release() or a lost peer.
    [[nodiscard]] bool ended() const noexcept { return state_ != open; }
    /// The last time the peer sent something, or took some of the queue.
    [[nodiscard]] shard::clock::time_point last_activity() const noexcept { return last_activity_; }
    /// Whether the peer has taken nothing of the queue for this long.
    [[nodiscard]] bool has_stalled_for(shard::clock::duration duration) const noexcept {
        return queue_ && host().now() - last_taken_ >= duration;
    }

    /// Starts to read; call once. Bytes come one read at a time; reading pauses while too much is queued. It goes on
    /// after shutdown(), because the peer's end is only seen behind the bytes before it.
    /// @param first bytes that have come already.
    void start_reading(std::string_view first = {}) {
        if (state_ == closed) return;
        if (!first.empty()) {
            keep_unread(first);  // as a copy: handlers may read into the shard's buffer
            pass_unread();
        }
        if (!has_stopped_reading()) go_on_reading();
    }

    /// Reads nothing more, after the current read, until resume_reading().
    void pause_reading() noexcept { reading_paused_ = true; }
    void resume_reading() {
        if (!std::exchange(reading_paused_, false) || state_ == closed) return;
        last_activity_ = host().now();  // activity during the pause could not be seen
        if (reading_stopped_ && queue_footprint() <= max_queued_while_reading) restart_reading();
    }
    [[nodiscard]] bool reading_paused() const noexcept { return reading_paused_; }
    /// During a pause: reads once what has come, or notes that the peer is gone. Does nothing if too much is queued.
    void read_during_pause() {
        const auto self = user().shared_from_this();
        if (state_ != open || !reading_stopped_ || !can_read()) return;
        reading_stopped_ = false;
        host().start_work();
        if (unread_) {
            pass_unread();
        } else {
            std::error_code ec;
            const std::size_t size = stream_.read_some(host().read_buffer(), shard::read_buffer_size, ec);
            if (ec == asio::error::eof) return end_input(ec);
            if (ec && !Stream::is_would_block(ec)) return fail(ec);
            if (!ec) {
                last_activity_ = host().now();
                pass(host().read_buffer(), size);
            }
        }
        if (!has_stopped_reading()) go_on_reading();
    }
    /// Whether the send queue is short enough to read from the peer.
    [[nodiscard]] bool can_read() const noexcept { return queue_footprint() <= max_queued_while_reading; }

    /// Gives the stream away, to another channel. Only from within on_bytes(), with nothing queued.
    [[nodiscard]] Stream release() {
        if (host().corked().owner == this) uncork();  // else another connection is being handled
        make_gathered_sends();
        state_ = closed;
        unregister();
        return std::move(stream_);
    }

    /// Gathers the writes of `action` into one.
    template <class Action>
    void corked(Action&& action) {
        auto& cork = host().corked();
        if (cork.owner) return action();
        cork.owner = this;
        struct uncork_at_end {
            channel& self;
            ~uncork_at_end() {
                if (self.host().corked().owner == &self) self.uncork();
            }
        } const guard{*this};
        action();
    }

    /// Writes bytes; queues a copy of those that the socket does not take now.
    void write(std::string_view bytes) {
        if (ended()) return;
        auto& cork = host().corked();
        if (cork.owner != this) return write_through(bytes);
        cork.bytes.append(bytes);
        if (cork.bytes.size() >= max_corked) flush_cork();
    }

    /// Writes bytes in two parts, which go together even where nothing is gathered.
    void write(std::string_view head, std::string_view body) {
        if (ended()) return;
        if (host().corked().owner != this) return write_through(head, body);
        auto& cork = host().corked();
        cork.bytes.append(head).append(body);
        if (cork.bytes.size() >= max_corked) flush_cork();
    }

    /// Writes bytes before everything that is queued, as soon as what is partly written has been: for control frames,
    /// which a slow peer shall not wait for.
    void write_first(std::string_view bytes) {
        if (ended()) return;
        if (!queue_) return write(bytes);
        make_gathered_sends();
        queue().push_first(bytes);
    }

    /// Writes a batch; queues a share of it if the socket does not take all now.
    void write(const std::shared_ptr<const frame_batch>& batch) {
        if (ended()) return;
        if (host().corked().owner == this) flush_cork();
        make_gathered_sends();
        std::size_t written = 0;
        if (!queue_) {
            if constexpr (stream_concept<Stream>::has_native_handle) {
                if (gathered_sends* const gathering = host().gathering()) {
                    ticket_ = gathering->add(host().home().current_turn(), *this, stream_.native_handle(), batch);
                    return;
                }
            }
            written = try_write(asio::const_buffer(batch->bytes().data(), batch->size()));
            if (written == batch->size() || ended()) return;
        }
        enqueue([&](send_queue& target) { target.push(batch, written); });
    }

    /// Whether so many further bytes may be queued. An empty queue takes anything: a peer that reads is not slow
    /// because one batch is large, as encoding may enlarge the messages.
    [[nodiscard]] bool has_room_for(std::size_t bytes) const {
        return queued() == 0 || queue_footprint() + bytes <= host().limits().queue_bytes;
    }
    /// Drops queued batches, the oldest first, if there is no room: only whole ones.
    /// @returns false if the policy is to disconnect so slow a peer.
    [[nodiscard]] bool make_room(std::size_t bytes, when_slow slow) {
        if (has_room_for(bytes)) return true;
        if (slow == when_slow::disconnect) return false;
        const std::size_t max_footprint = host().limits().queue_bytes;
        queue_->drop_batches(slow == when_slow::drop_oldest && bytes < max_footprint ? max_footprint - bytes : 0);
        return true;
    }

    /// Ends the stream when the queue has been sent, then waits for the peer to end as well, for at most
    /// limits::close_timeout: closing at once could make the peer's system throw away our last bytes.
    void shutdown() {
        if (ended()) return;
        if (host().corked().owner == this) flush_cork();
        make_gathered_sends();
        state_ = shutting_down;
        unread_.reset();
        shutdown_deadline_ = host().deadline(host().limits().close_timeout);
        if (!queue_) stream_.end_writing();
        if (reading_stopped_) restart_reading();
    }

    /// Closes the stream immediately; no function of the user is called any more.
    void close_now() {
        if (state_ == closed) return;
        make_gathered_sends();
        state_ = closed;
        queue_.reset();
        unread_.reset();
        if (host().corked().owner == this) host().corked().bytes.clear();
        stream_.close();
        unregister();
    }

    /// Whether shutdown() has taken longer than limits::close_timeout.
    [[nodiscard]] bool shutdown_overdue(shard::clock::time_point now) const noexcept {
        return state_ == shutting_down && now >= shutdown_deadline_;
    }

private:
    enum state : unsigned char { open, shutting_down, closed };

    static constexpr std::size_t max_corked = 64 * 1024;
    // Backpressure: reading pauses while more than this is queued for sending. Who does not listen is not listened to.
    static constexpr std::size_t max_queued_while_reading = 256 * 1024;
    // One connection's reads before the others get their turn.
    static constexpr int max_reads_at_once = 4;

    User& user() noexcept { return static_cast<User&>(*this); }

    send_queue& queue() {
        if (!queue_) {
            queue_ = std::make_unique<send_queue>(host().queue_memory());
            last_taken_ = host().now();
        }
        return *queue_;
    }
    // Keeps what the socket does not take. Where all queues together take too much, the peer that needs more is lost at
    // once: to send it what is queued would take the memory for as long as it likes.
    template <class Push>
    void enqueue(Push&& push) {
        if (failing_) return;
        push(queue());
        if (host().queue_memory()->is_exceeded())
            fail_in_later_turn(std::make_error_code(std::errc::no_buffer_space));
        else
            wait_writable();
    }

    void wait_readable() {
        if constexpr (stream_concept<Stream>::has_receive) {
            if (receive_buffer_.is_wanted()) {
                stream_.receive(receive_buffer_.data(), receive_buffer::size,
                                [this, self = user().shared_from_this()](const std::error_code& ec, std::size_t size) {
                                    if (state_ == closed) return;
                                    if (ec == asio::error::eof) return end_input(ec);
                                    if (ec) return fail(ec);
                                    read(size);
                                });
                return;
            }
        }
        stream_.wait_readable([this, self = user().shared_from_this()](const std::error_code& ec) {
            if (state_ == closed) return;
            if (ec) return fail(ec);
            read();
        });
    }

    // @param received bytes that have come into the receive buffer.
    void read(std::size_t received = 0) {
        host().start_work();
        for (int reads = 0; reads < max_reads_at_once; ++reads) {
            bool has_more = true;
            if (unread_) {
                pass_unread();
            } else {
                char* const bytes = received != 0 ? receive_buffer_.data() : host().read_buffer();
                const std::size_t capacity = received != 0 ? receive_buffer::size : shard::read_buffer_size;
                std::size_t size = std::exchange(received, 0);
                if (size == 0) {
                    std::error_code ec;
                    size = stream_.read_some(bytes, capacity, ec);
                    if (Stream::is_would_block(ec)) break;
                    if (ec == asio::error::eof) return end_input(ec);
                    if (ec) return fail(ec);
                }
                const bool is_frequent = last_activity_ == host().now();
                last_activity_ = host().now();
                has_more = size == capacity;
                if (state_ == open) pass(bytes, size);
                receive_buffer_.note_read(size, is_frequent);
            }
            if (has_stopped_reading()) return;
            if (unread_ || !has_more) break;
        }
        go_on_reading();
    }

    // Whether reading ends here, for now or for good.
    [[nodiscard]] bool has_stopped_reading() {
        if (state_ == closed) return true;
        if (state_ == open) reading_stopped_ = reading_paused_ || queue_footprint() > max_queued_while_reading;
        return reading_stopped_;
    }

    void go_on_reading() {
        if (unread_)
            read_in_later_turn();
        else
            wait_readable();
    }

    // Bytes that have come, and have not been used in the turn in which they came.
    struct unread_bytes {
        std::string bytes;
        std::size_t offset = 0;
    };

    void keep_unread(std::string_view bytes) {
        unread_ = std::make_unique<unread_bytes>();
        unread_->bytes = bytes;
    }
    void pass(char* bytes, std::size_t size) {
        std::size_t used = 0;
        corked([&] { used = user().on_bytes(bytes, size); });
        if (used < size && state_ == open) keep_unread({bytes + used, size - used});
    }
    void pass_unread() {
        auto rest = std::move(unread_);
        char* const bytes = rest->bytes.data() + rest->offset;
        const std::size_t size = rest->bytes.size() - rest->offset;
        std::size_t used = 0;
        corked([&] { used = user().on_bytes(bytes, size); });
        if (used == size || state_ != open) return;
        rest->offset += used;
        unread_ = std::move(rest);
    }
    // Others get their turn.
    void read_in_later_turn() {
        host().home().post([this, self = user().shared_from_this()] {
            if (state_ != closed) read();
        });
    }

    // The peer has finished sending. What is queued for it is still sent: it may have closed only its half (RFC 9293,
    // section 3.6). The end is seen again by the read that follows.
    void end_input(const std::error_code& ec) {
        const bool is_going_on = state_ == shutting_down || user().outlasts_input();
        if (state_ == closed) return;
        if (!is_going_on || (state_ == shutting_down && !queue_)) return fail(ec);
        reading_stopped_ = true;
        wait_lost();
    }

    // The connection may have been closed by halves only; that it is lost shows when something has been sent.
    void wait_lost() {
        if constexpr (stream_concept<Stream>::has_wait_lost) {
            if (std::exchange(waiting_lost_, true)) return;
            stream_.wait_lost([this, self = user().shared_from_this()](const std::error_code&) {
                if (state_ == closed) return;
                std::error_code ec;
                char byte = 0;
                (void)stream_.read_some(&byte, 1, ec);
                if (ec && ec != asio::error::eof && !Stream::is_would_block(ec)) fail(ec);
            });
        }
    }

    void restart_reading() {
        reading_stopped_ = false;
        go_on_reading();
    }

    // A gathered send of this connection goes before what is written now, and before its socket closes.
    void make_gathered_sends() {
        if (ticket_ == 0) return;
        gathered_sends* const gathering = host().gathering();
        if (gathering && gathering->holds(ticket_)) gathering->write();
        ticket_ = 0;
    }

    // fan_out_target
    void on_incomplete_send(const std::shared_ptr<const frame_batch>& batch, std::size_t written, int error) override {
        if (error != 0) return fail_in_later_turn(std::error_code(error, std::system_category()));
        enqueue([&](send_queue& target) { target.push(batch, written); });
    }

    void write_through(std::string_view bytes) {
        make_gathered_sends();
        std::size_t written = 0;
        if (!queue_) written = try_write(asio::const_buffer(bytes.data(), bytes.size()));
        if (written == bytes.size() || ended()) return;
        enqueue([&](send_queue& target) { target.push(bytes.substr(written), written != 0); });
    }
    void write_through(std::string_view head, std::string_view body) {
        make_gathered_sends();
        std::size_t written = 0;
        if (!queue_)
            written = try_write(std::array<asio::const_buffer, 2>{asio::const_buffer(head.data(), head.size()),
                                                                  asio::const_buffer(body.data(), body.size())});
        if (written == head.size() + body.size() || ended()) return;
        const std::size_t head_written = (std::min)(written, head.size());
        enqueue([&](send_queue& target) {
            target.push(head.substr(head_written), body.substr(written - head_written), written != 0);
        });
    }

    void uncork() {
        flush_cork();
        host().corked().owner = nullptr;
    }
    void flush_cork() {
        auto& bytes = host().corked().bytes;
        if (bytes.empty()) return;
        write_through(bytes);
        bytes.clear();
    }

    template <class Buffer>
    std::size_t try_write(const Buffer& buffer) {
        std::error_code ec;
        const std::size_t written = stream_.write_some(buffer, ec);
        if (!ec || Stream::is_would_block(ec)) return ec ? 0 : written;
        fail_in_later_turn(ec);
        return 0;
    }

    void wait_writable() {
        if (waiting_writable_) return;
        waiting_writable_ = true;
        stream_.wait_writable([this, self = user().shared_from_this()](const std::error_code& ec) {
            waiting_writable_ = false;
            if (state_ == closed || !queue_) return;
            if (ec) return fail(ec);
            drain();
        });
    }

    void drain() {
        std::error_code ec;
        while (!queue_->empty()) {
            const std::size_t written = stream_.write_some(queue_->front(), ec);
            if (Stream::is_would_block(ec)) break;
            if (ec) return fail(ec);
            queue_->pop(written);
            last_activity_ = last_taken_ = host().now();
        }
        if (!queue_->empty()) {
            wait_writable();
        } else {
            queue_.reset();
            if (state_ == shutting_down) {
                shutdown_deadline_ = host().deadline(host().limits().close_timeout);
                stream_.end_writing();
            } else {
                corked([&] { user().on_drain(); });
            }
        }
        if (reading_stopped_ && !reading_paused_ && state_ != closed && queue_footprint() <= max_queued_while_reading)
            restart_reading();
    }

    void fail(const std::error_code& ec) {
        const bool was_open = state_ == open;
        close_now();
        if (was_open) user().on_disconnect(ec);
    }

    // A write may come from deep within the application's own calls, or from a fan-out: on_disconnect() waits for a
    // turn of its own.
    void fail_in_later_turn(const std::error_code& ec) {
        if (failing_) return;
        failing_ = true;
        host().home().post([this, self = user().shared_from_this(), ec] {
            if (state_ != closed) fail(ec);
        });
    }

    Stream stream_;
    std::unique_ptr<send_queue> queue_;     // null while nothing is queued
    std::unique_ptr<unread_bytes> unread_;  // null if all that has come was used
    receive_buffer receive_buffer_;         // of a connection that sends often
    shard::clock::time_point last_activity_;
    shard::clock::time_point last_taken_{};  // when the peer last took some of the queue, or since when there is one
    shard::clock::time_point shutdown_deadline_{};
    gathered_sends::ticket ticket_ = 0;  // of a gathered send
    state state_ = open;
    bool waiting_writable_ = false;
    bool reading_stopped_ = false;  // no read is waited for: backpressure, or a pause
    bool reading_paused_ = false;   // by pause_reading()
    bool failing_ = false;
    bool waiting_lost_ = false;
};

}  // namespace net
ROOMPP_NAMESPACE_END
