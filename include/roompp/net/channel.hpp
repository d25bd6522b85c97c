#pragma once
// A stream with its outbound queue: who reads, who writes, in what order, and how it ends.

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <roompp/net/gathered_sends.hpp>
#include <roompp/net/send_queue.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/rooms/policies.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Bytes in and out of one stream. `User` derives from it, is owned by a shared_ptr, and has
/// - `void received(char*, std::size_t)`: bytes have come; they may be changed, and are gone when it returns;
/// - `void drained()`: what waited to be sent has been sent;
/// - `void lost(std::error_code)`: nothing more comes from the peer; called once, from the loop, never from a write;
/// - `bool outlasts_input()`, if it wants to: the peer has finished sending, but may still read; see there.
///
/// Every write goes through here, so order holds: straight to the socket while nothing waits, else into the queue,
/// which is written on as the socket allows. What is written while received() runs is gathered and written at its end.
template <class User, class Stream>
class channel : public shard::shard_connection {
public:
    channel(shard& host, Stream stream) : shard_connection(host), stream_(std::move(stream)), last_heard_(host.now()) {}

    /// The number of bytes that wait to be sent.
    [[nodiscard]] std::size_t queued() const noexcept { return waiting_ ? waiting_->size() : 0; }
    /// The memory that they take, in bytes: see outbound::footprint().
    [[nodiscard]] std::size_t queue_footprint() const noexcept { return waiting_ ? waiting_->footprint() : 0; }

protected:
    ~channel() = default;

    /// Hidden by users that still send after the peer has finished sending.
    /// @returns whether this goes on; false ends it with lost(). May be called again for the same end.
    [[nodiscard]] static constexpr bool outlasts_input() noexcept { return false; }

    [[nodiscard]] const Stream& stream() const noexcept { return stream_; }
    [[nodiscard]] bool ended() const noexcept { return state_ != open; }
    /// When the peer last gave a sign of life: sent something, or took some of what waited for it.
    [[nodiscard]] shard::clock::time_point last_heard() const noexcept { return last_heard_; }
    /// Whether the peer has taken nothing of what waits for it for so long.
    [[nodiscard]] bool has_stalled_for(shard::clock::duration long_time) const noexcept {
        return waiting_ && host().now() - last_taken_ >= long_time;
    }

    /// Waits for bytes; call once. They come one read at a time, with pauses while too much waits to be sent. After
    /// finish() too: what the peer still says has to be read for its end to be seen.
    void start_reading() {
        if (state_ != closed) wait_readable();
    }

    /// Reads nothing more, after the read that is being handled, until resume_reading().
    void pause_reading() noexcept { held_ = true; }
    void resume_reading() {
        if (!std::exchange(held_, false) || state_ == closed) return;
        last_heard_ = host().now();  // what came meanwhile could not be heard
        if (paused_ && queue_footprint() <= pause_above) resume();
    }
    [[nodiscard]] bool held() const noexcept { return held_; }

    /// Gives the stream away, to be used by another channel: only from within received(), with nothing waiting.
    [[nodiscard]] Stream release() {
        if (host().corked().whose == this) uncork();  // else it is of one in whose handling this came
        make_gathered_sends();
        state_ = closed;
        unregister();
        return std::move(stream_);
    }

    /// Gathers the writes of `action` into one.
    template <class Action>
    void corked(Action&& action) {
        auto& cork = host().corked();
        if (cork.whose) return action();
        cork.whose = this;
        struct pull {
            channel& its;
            ~pull() {
                if (its.host().corked().whose == &its) its.uncork();
            }
        } const at_end{*this};
        action();
    }

    /// Writes bytes, or keeps a copy of those that the socket does not take now.
    void write(std::string_view bytes) {
        if (ended()) return;
        auto& cork = host().corked();
        if (cork.whose != this) return write_through(bytes);
        cork.bytes.append(bytes);
        if (cork.bytes.size() >= cork_limit) flush_cork();
    }

    /// The same with two parts, which go together even where nothing is gathered.
    void write(std::string_view head, std::string_view body) {
        if (ended()) return;
        if (host().corked().whose != this) return write_through(head, body);
        write(head);
        write(body);
    }

    /// Writes a batch, or keeps a share of it for what the socket does not take now.
    void write(const std::shared_ptr<const frame_batch>& batch) {
        if (ended()) return;
        if (host().corked().whose == this) flush_cork();
        make_gathered_sends();
        std::size_t written = 0;
        if (!waiting_) {
            if constexpr (has_handle<Stream>::value) {
                if (gathered_sends* const gathering = host().gathering()) {
                    ticket_ = gathering->add(host().home().current_turn(), *this, stream_.native_handle(), batch);
                    return;
                }
            }
            written = try_write(asio::const_buffer(batch->bytes().data(), batch->size()));
            if (written == batch->size() || ended()) return;
        }
        queue().push(batch, written);
        wait_writable();
    }

    /// Whether so many bytes more may wait. Where nothing waits, anything may: a peer that reads is not slow because
    /// one batch is large, be it that the messages have grown in being encoded.
    [[nodiscard]] bool has_room_for(std::size_t bytes) const {
        return queued() == 0 || queue_footprint() + bytes <= host().limits().queue_bytes;
    }
    /// Forgets what may be forgotten if there is no room: the oldest batches that wait and are not begun.
    /// @returns false if the policy is to disconnect a peer that is so slow.
    [[nodiscard]] bool make_room(std::size_t bytes, when_slow slow) {
        if (has_room_for(bytes)) return true;
        if (slow == when_slow::disconnect) return false;
        const std::size_t most = host().limits().queue_bytes;
        waiting_->forget_batches(slow == when_slow::drop_oldest && bytes < most ? most - bytes : 0);
        return true;
    }

    /// Ends when everything that waits has been sent, then waits a little for the peer to end as well: closing at once
    /// could make the peer's system throw away our last bytes.
    void finish() {
        if (ended()) return;
        if (host().corked().whose == this) flush_cork();
        make_gathered_sends();
        state_ = finishing;
        finish_by_ = host().deadline(host().limits().close_timeout);
        if (!waiting_) stream_.end_writing();
        if (paused_) resume();
    }

    /// Ends now; nothing more is called.
    void close_now() {
        if (state_ == closed) return;
        make_gathered_sends();
        state_ = closed;
        waiting_.reset();
        if (host().corked().whose == this) host().corked().bytes.clear();
        stream_.close();
        unregister();
    }

    /// Whether finish() has waited for longer than the close timeout.
    [[nodiscard]] bool has_finished_too_late(shard::clock::time_point now) const noexcept {
        return state_ == finishing && now >= finish_by_;
    }

private:
    enum state : unsigned char { open, finishing, closed };

    // Whether the stream is a socket of the system, which others may send to.
    template <class S, class = void>
    struct has_handle : std::false_type {};
    template <class S>
    struct has_handle<S, std::void_t<decltype(std::declval<S&>().native_handle())>> : std::true_type {};

    // Whether the stream can tell that its connection is lost after the end of its input has been read.
    template <class S, class = void>
    struct can_wait_lost : std::false_type {};
    template <class S>
    struct can_wait_lost<
        S, std::void_t<decltype(std::declval<S&>().wait_lost(std::declval<void (*)(const std::error_code&)>()))>>
        : std::true_type {};

    static constexpr std::size_t cork_limit = 64 * 1024;
    // With more than this waiting, nothing more is read from the peer: who does not listen is not listened to.
    static constexpr std::size_t pause_above = 256 * 1024;
    // One connection's reads before the others get their turn.
    static constexpr int reads_at_once = 4;

    User& user() noexcept { return static_cast<User&>(*this); }

    send_queue& queue() {
        if (!waiting_) {
            waiting_ = std::make_unique<send_queue>();
            last_taken_ = host().now();
        }
        return *waiting_;
    }

    void wait_readable() {
        stream_.wait_readable([this, self = user().shared_from_this()](const std::error_code& ec) {
            if (state_ == closed) return;
            if (ec) return fail(ec);
            read();
        });
    }

    void read() {
        for (int reads = 0; reads < reads_at_once; ++reads) {
            std::error_code ec;
            const std::size_t n = stream_.read_some(host().read_buffer(), shard::read_buffer_size, ec);
            if (Stream::is_would_block(ec)) break;
            if (ec == asio::error::eof) return end_input(ec);
            if (ec) return fail(ec);
            last_heard_ = host().now();
            if (state_ == open) corked([&] { user().received(host().read_buffer(), n); });
            if (state_ == closed) return;
            if ((held_ || queue_footprint() > pause_above) && state_ == open) {
                paused_ = true;
                return;
            }
            if (n < shard::read_buffer_size) break;
        }
        wait_readable();
    }

    // The peer has finished sending. What waits for it is still sent: it may have closed only its half (RFC 9293,
    // section 3.6). The end is seen again by the read that follows.
    void end_input(const std::error_code& ec) {
        const bool goes_on = state_ == finishing || user().outlasts_input();
        if (state_ == closed) return;
        if (!goes_on || (state_ == finishing && !waiting_)) return fail(ec);
        paused_ = true;
        wait_lost();
    }

    // Until now the connection may have been closed by halves; that it is lost shows when something has been sent.
    void wait_lost() {
        if constexpr (can_wait_lost<Stream>::value) {
            if (std::exchange(waits_lost_, true)) return;
            stream_.wait_lost([this, self = user().shared_from_this()](const std::error_code&) {
                if (state_ == closed) return;
                std::error_code ec;
                char byte = 0;
                (void)stream_.read_some(&byte, 1, ec);
                if (ec && ec != asio::error::eof && !Stream::is_would_block(ec)) fail(ec);
            });
        }
    }

    void resume() {
        paused_ = false;
        wait_readable();
    }

    // A gathered send of this connection goes before what is written now, and before its socket is gone.
    void make_gathered_sends() {
        if (ticket_ == 0) return;
        gathered_sends* const gathering = host().gathering();
        if (gathering && gathering->holds(ticket_)) gathering->write();
        ticket_ = 0;
    }

    // fan_out_target
    void not_written(const std::shared_ptr<const frame_batch>& batch, std::size_t written, int error) override {
        if (error != 0) return fail_later(std::error_code(error, std::system_category()));
        queue().push(batch, written);
        wait_writable();
    }

    void write_through(std::string_view bytes) {
        make_gathered_sends();
        std::size_t written = 0;
        if (!waiting_) written = try_write(asio::const_buffer(bytes.data(), bytes.size()));
        if (written == bytes.size() || ended()) return;
        queue().push(bytes.substr(written));
        wait_writable();
    }
    void write_through(std::string_view head, std::string_view body) {
        make_gathered_sends();
        std::size_t written = 0;
        if (!waiting_)
            written = try_write(std::array<asio::const_buffer, 2>{asio::const_buffer(head.data(), head.size()),
                                                                  asio::const_buffer(body.data(), body.size())});
        if (written == head.size() + body.size() || ended()) return;
        queue().push(head.substr(std::min(written, head.size())));
        queue().push(body.substr(written - std::min(written, head.size())));
        wait_writable();
    }

    void uncork() {
        flush_cork();
        host().corked().whose = nullptr;
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
        fail_later(ec);
        return 0;
    }

    void wait_writable() {
        if (writing_) return;
        writing_ = true;
        stream_.wait_writable([this, self = user().shared_from_this()](const std::error_code& ec) {
            writing_ = false;
            if (state_ == closed || !waiting_) return;
            if (ec) return fail(ec);
            drain();
        });
    }

    void drain() {
        std::error_code ec;
        while (!waiting_->empty()) {
            const std::size_t written = stream_.write_some(waiting_->front(), ec);
            if (Stream::is_would_block(ec)) break;
            if (ec) return fail(ec);
            waiting_->pop(written);
            last_heard_ = last_taken_ = host().now();
        }
        if (!waiting_->empty()) {
            wait_writable();
        } else {
            waiting_.reset();
            if (state_ == finishing) {
                finish_by_ = host().deadline(host().limits().close_timeout);
                stream_.end_writing();
            } else {
                corked([&] { user().drained(); });
            }
        }
        if (paused_ && !held_ && state_ != closed && queue_footprint() <= pause_above) resume();
    }

    void fail(const std::error_code& ec) {
        const bool told = state_ != open;
        close_now();
        if (!told) user().lost(ec);
    }

    // A write may be deep within the application's own calls, or in the middle of a fan-out: the news waits.
    void fail_later(const std::error_code& ec) {
        if (failed_) return;
        failed_ = true;
        host().home().post([this, self = user().shared_from_this(), ec] {
            if (state_ != closed) fail(ec);
        });
    }

    Stream stream_;
    std::unique_ptr<send_queue> waiting_;  // null while nothing waits
    shard::clock::time_point last_heard_;
    shard::clock::time_point last_taken_{};  // or since when something waits
    shard::clock::time_point finish_by_{};
    gathered_sends::ticket ticket_ = 0;  // of a gathered send
    state state_ = open;
    bool writing_ = false;
    bool paused_ = false;  // no read is waited for
    bool held_ = false;    // and none is to be
    bool failed_ = false;
    bool waits_lost_ = false;
};

}  // namespace net
ROOMPP_NAMESPACE_END
