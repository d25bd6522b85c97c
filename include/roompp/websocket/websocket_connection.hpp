#pragma once
// A WebSocket connection over any stream.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/guarded.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/rate_limiter.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/config.hpp>
#include <roompp/net/channel.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/frame_header.hpp>
#include <roompp/net/session.hpp>
#include <roompp/net/work_budget.hpp>
#include <roompp/websocket/close_frame.hpp>
#include <roompp/websocket/frame_reader.hpp>
#include <roompp/websocket/handshake.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// One WebSocket (RFC 6455). Made by the server; applications see it as a connection.
template <class Stream>
class websocket_connection final : public connection, public channel<websocket_connection<Stream>, Stream> {
    using channel_type = channel<websocket_connection, Stream>;

public:
    websocket_connection(shard& host, Stream stream)
        : connection(host.home()),
          channel_type(host, std::move(stream)),
          peer_address_(channel_type::stream().peer_address()) {}

    /// Answers the upgrade request with 101, and starts.
    /// @param rest the bytes that the client has sent after its request.
    void start(const handshake_request& request, std::string_view rest, accept_options options) {
        subprotocol_ = std::move(options.subprotocol);
        on_error_ = std::move(options.failed);
        std::string extensions;
        if (const compression* const algorithm = this->host().compressing())
            extensions = algorithm->negotiate(request.extensions);
        compresses_ = !extensions.empty();
        this->corked([&] {
            const auto response = switching_protocols(request.key, subprotocol_, extensions, options.headers);
            count_sent(response.size());
            this->write(response);
            now_open();
            guarded([&] { session_ = options.open(shared_from_this()); });
            this->start_reading(rest);
        });
    }

private:
    friend channel_type;

    // Larger fragments cost their bytes; smaller ones count as messages do.
    static constexpr std::size_t max_counted_fragment = 1024;
    // So many frames beyond the rate are noted, and answered where the protocol can, in a second.
    static constexpr std::uint16_t max_notices = 100;
    // While the session has paused reading, so much is read, so that pings are answered and a lost peer is noticed; the
    // messages among it wait.
    static constexpr std::size_t max_held_bytes = 64 * 1024;

    // channel
    std::size_t on_bytes(char* bytes, std::size_t size) {
        ping_sent_ = false;
        const std::size_t offered = size;
        auto& spare = this->host().template scratch<std::unique_ptr<frame_reader>>();
        auto reader = std::move(reader_ ? reader_ : spare);
        if (!reader) reader = std::make_unique<frame_reader>();
        if (reader->idle())
            reader->start(this->host().limits().message_bytes, compresses_ ? this->host().compressing() : nullptr);
        frame_error error;
        while (size != 0 && !error && !channel_type::ended() && !reads_too_much_ && !(is_peeking_ && is_held_full())) {
            const std::size_t size_before = size;
            const auto frame = reader->read(bytes, size, error);
            count_received(size_before - size);  // first: the frame may be a close, after which nobody looks any more
            if (frame)
                on_frame(*frame);
            else if (reader->has_ended_fragment() && size_before - size <= max_counted_fragment)
                (void)allow_frame(0);
            if (!this->host().budget().spend(work_budget::frame_cost)) break;
        }
        if (error) {
            on_malformed_bytes(error);
            return offered;
        }
        (reader->idle() ? spare : reader_) = std::move(reader);
        return offered - size;
    }
    void on_drain() {
        if (!is_open() || !std::exchange(has_dropped_, false) || !session_) return;
        guarded([&] { session_->on_drain(); });
    }
    void on_disconnect(const std::error_code& ec) {
        if (ec == std::errc::no_buffer_space && is_open()) {
            now_closing();
            close_code_sent_ = close_code::try_again_later;
        }
        end_session({close_code::abnormal, {}});
    }

    // shard_connection
    void tick(shard::clock::time_point now) override {
        const auto& limits = this->host().limits();
        notices_ = 0;
        if (std::exchange(reads_too_much_, false)) update_reading();
        if (this->shutdown_overdue(now)) return this->close_now();
        if (is_open() && is_reading_paused_ && !is_held_full()) peek();
        if (channel_type::ended()) return;
        const auto silence = now - this->last_activity();
        // Then silence means nothing; a peer that is gone shows when pings can't be sent.
        const bool is_deaf = is_reading_paused_ && (is_held_full() || !this->can_read());
        if (!is_open()) {
            if (now >= close_deadline_) drop_peer();
        } else if (this->has_stalled_for(limits.ping_interval + limits.ping_timeout)) {
            drop_peer();  // it would not take a ping either, whatever it sends
        } else if (ping_sent_ && !is_deaf) {
            if (now - ping_time_ >= limits.ping_timeout && silence >= limits.ping_timeout) drop_peer();
        } else if (silence >= limits.ping_interval && now - ping_time_ >= limits.ping_interval) {
            ping_sent_ = true;
            ping_time_ = now;
            write_control_first(opcode::ping, {});
        }
    }
    void stop() override { start_closing(close_code::going_away, "server stops"); }
    void abort() override { drop_peer(); }

    // connection
    void send_message(payload message) override {
        if (!this->has_room_for(message.size())) return close_slow_consumer();
        const frame_header header(message.kind(), message.size());
        count_sent(header.bytes().size() + message.size());
        this->write(header.bytes(), message.data());
    }
    void send_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) override {
        if (!make_room(batch->size(), slow)) return;
        count_sent(batch->size());
        this->write(batch);
    }
    void send_own_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) override {
        if (!make_room(batch->size(), slow)) return;
        if (!this->has_room_for(batch->size())) return close_slow_consumer();
        count_sent(batch->size());
        this->write(batch->bytes());  // as own bytes: batches may be dropped
    }
    void send_shared_batch(batch_for_many& batch, when_slow slow) override {
        send_batch(compresses_ ? batch.compressed(*this->host().compressing()) : batch.plain(), slow);
    }
    void set_reading_paused(bool paused) override {
        is_reading_paused_ = paused;
        if (!paused && held_) handle_held_in_later_turn();  // this may be within a handler of the session
        update_reading();
    }
    void start_closing(std::uint16_t code, const std::string& reason) override {
        if (!is_open()) return;
        now_closing();
        close_deadline_ = this->host().deadline(this->host().limits().close_timeout);
        close_code_sent_ = code;
        write_close(code, reason);
        if (!is_terminal(code)) return;
        // The peer's further bytes are of no use. A handler of the session may be running: on_close() comes in a later
        // turn.
        this->shutdown();
        home().post([self = shared_from_this(), this] { end_session({close_code::abnormal, {}}); });
    }
    void do_fail(const std::exception_ptr& error) override {
        start_closing(close_code::internal_error, "internal error");
        detail::report_error(on_error_, error);
    }
    [[nodiscard]] std::string find_peer_address() const override { return peer_address_; }
    [[nodiscard]] const std::string& agreed_subprotocol() const override { return subprotocol_; }
    [[nodiscard]] bool has_secure_transport() const noexcept override { return Stream::is_secure(); }

    void on_frame(const client_frame& frame) {
        switch (frame.kind) {
            case opcode::close:
                return on_close_frame(parse_close_frame(frame.body));
            case opcode::ping:
                if (is_open() && allow_frame(frame.body.size())) write_control_first(opcode::pong, frame.body);
                return;
            case opcode::pong:
                if (is_open()) (void)allow_frame(frame.body.size());
                return;
            default:
                return on_message({frame.body, frame.kind == opcode::text ? payload_kind::text : payload_kind::binary});
        }
    }

    void on_message(payload message) {
        if (!session_ || !is_open()) return;
        if (allow_frame(message.size())) {
            if (is_peeking_ || held_) return hold(message);
            return guarded([&] { session_->on_message(message); });
        }
        if (!is_open()) return;
        guarded([&] { session_->on_rate_limited(message); });
    }

    // Counts a frame of any kind. Who exceeds the rate is closed, or, if that only drops messages, told so up to
    // max_notices times and then not read from until the next tick.
    [[nodiscard]] bool allow_frame(std::size_t bytes) {
        const auto& limits = this->host().limits();
        if (rate_limiter_.allow(bytes, limits, this->host().now())) return true;
        if (limits.on_flood == flood::close) {
            start_closing(close_code::policy_violation, "rate limit exceeded");
        } else if (++notices_ >= max_notices) {
            reads_too_much_ = true;
            update_reading();
        }
        return false;
    }
    void update_reading() {
        if (is_reading_paused_ || reads_too_much_ || held_)
            channel_type::pause_reading();
        else
            channel_type::resume_reading();
    }

    // Messages that have come while reading was paused, for when it is resumed.
    struct held_messages {
        struct message {
            std::string bytes;
            payload_kind kind;
        };
        std::deque<message> messages;
        std::size_t memory = 0;
    };

    [[nodiscard]] bool is_held_full() const noexcept { return held_ && held_->memory >= max_held_bytes; }

    void peek() {
        const auto self = shared_from_this();
        is_peeking_ = true;
        this->read_during_pause();
        is_peeking_ = false;
    }

    void hold(payload message) {
        if (!held_) held_ = std::make_unique<held_messages>();
        held_->messages.push_back({std::string(message.data()), message.kind()});
        held_->memory += message.size() + sizeof(typename held_messages::message);
    }

    void handle_held_in_later_turn() {
        home().post([self = shared_from_this(), this] {
            this->host().start_work();
            this->corked([&] { handle_held([this] { return this->host().budget().spend(work_budget::frame_cost); }); });
            if (!is_open()) held_.reset();
            if (!held_) return update_reading();
            if (!is_reading_paused_) handle_held_in_later_turn();  // others get their turn
        });
    }
    // Handles what is held, as long as reading is not paused again and `goes_on()`.
    template <class Condition>
    void handle_held(Condition&& goes_on) {
        while (held_ && is_open() && !is_reading_paused_) {
            if (!handle_first_held() || !goes_on()) return;
        }
    }
    // The peer has ended: nothing more is to be waited for.
    void handle_all_held() {
        while (held_ && is_open() && handle_first_held()) {}
    }
    // @returns whether more is held.
    bool handle_first_held() {
        const auto first = std::move(held_->messages.front());
        held_->messages.pop_front();
        held_->memory -= first.bytes.size() + sizeof first;
        const bool has_more = !held_->messages.empty();
        if (!has_more) held_.reset();
        if (session_) guarded([&] { session_->on_message(payload(first.bytes, first.kind)); });
        return has_more;
    }

    // The peer closes, or answers our close frame (RFC 6455, section 5.5.1).
    void on_close_frame(close_frame frame) {
        handle_all_held();
        if (is_open())
            write_close(frame.event.code == close_code::no_status ? close_code::normal : frame.event.code,
                        frame.event.reason);
        this->shutdown();
        end_session(std::move(frame.event));
    }

    void on_malformed_bytes(const frame_error& error) {
        handle_all_held();
        if (is_open()) return start_closing(error.close_code, std::string(error.reason));
        this->shutdown();  // the answer to our close frame can't be found any more
        end_session({close_code::abnormal, {}});
    }

    void end_session(close_event event) {
        handle_all_held();
        held_.reset();
        now_closing();
        if (!session_) return;
        if (event.code == close_code::abnormal && close_code_sent_ != 0) event.code = close_code_sent_;
        const auto closed_session = std::move(session_);
        guarded([&] { closed_session->on_close(event); });
    }

    void write_close(std::uint16_t code, std::string_view reason) {
        write_control(opcode::close, encode_close_payload(code, reason));
    }
    void write_control(opcode kind, std::string_view body) {
        const frame_header header(kind, body.size());
        count_sent(header.bytes().size() + body.size());
        this->write(header.bytes(), body);
    }
    // A slow peer need not take what is queued before it sees that the server is alive.
    void write_control_first(opcode kind, std::string_view body) {
        const frame_header header(kind, body.size());
        count_sent(header.bytes().size() + body.size());
        this->write_first(std::string(header.bytes()).append(body));
    }

    // Ends without a closing handshake: the peer does not answer.
    void drop_peer() {
        const auto self = shared_from_this();
        this->close_now();
        end_session({close_code::abnormal, {}});
    }

    // Drops queued batches if there is no room. @returns false if the connection is closed instead.
    bool make_room(std::size_t bytes, when_slow slow) {
        const std::size_t queued_before = this->queued();
        if (!channel_type::make_room(bytes, slow)) {
            close_slow_consumer();
            return false;
        }
        has_dropped_ = has_dropped_ || this->queued() != queued_before;
        return true;
    }

    void close_slow_consumer() {
        // In a later turn: closing runs the application's handlers, and this may be within a fan-out.
        if (std::exchange(is_too_slow_, true)) return;
        home().post([self = shared_from_this(), this] {
            start_closing(close_code::try_again_later, "slow consumer: send queue full");
        });
    }

    template <class Action>
    void guarded(Action&& action) {
        detail::run_guarded(std::forward<Action>(action), [this](const std::exception_ptr& error) { do_fail(error); });
    }

    const std::string peer_address_;        // copied: it is asked for most often when the peer is gone
    std::unique_ptr<frame_reader> reader_;  // only in the middle of a message
    std::unique_ptr<session> session_;
    std::function<void(std::exception_ptr)> on_error_;
    std::string subprotocol_;
    std::unique_ptr<held_messages> held_;  // null while nothing is held
    detail::rate_limiter rate_limiter_;
    shard::clock::time_point ping_time_{};
    shard::clock::time_point close_deadline_{};  // once it is closing
    std::uint16_t close_code_sent_ = 0;
    std::uint16_t notices_ = 0;  // of exceeded rates, since the last tick
    bool ping_sent_ = false;
    bool is_too_slow_ = false;
    bool has_dropped_ = false;  // shared batches, since the queue was last empty
    bool compresses_ = false;
    bool is_reading_paused_ = false;  // by the session
    bool is_peeking_ = false;         // reading goes on although it is paused
    bool reads_too_much_ = false;     // the peer exceeds the rates, and is not read from until the next tick
};

}  // namespace net
ROOMPP_NAMESPACE_END
