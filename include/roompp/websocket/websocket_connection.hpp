#pragma once
// A WebSocket connection over any stream: websocketpp reads the frames, our channel carries them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <websocketpp/close.hpp>
#include <websocketpp/frame.hpp>

#include <roompp/base/close.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/rate_limiter.hpp>
#include <roompp/config.hpp>
#include <roompp/net/channel.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/websocket/frame_reader.hpp>
#include <roompp/websocket/handshake.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// One WebSocket (RFC 6455). For the server; an application never makes a connection itself.
template <class Stream>
class websocket_connection final : public connection, public channel<websocket_connection<Stream>, Stream> {
    using its_channel = channel<websocket_connection, Stream>;
    using opcode = websocketpp::frame::opcode::value;

public:
    websocket_connection(shard& host, Stream stream)
        : connection(host.home()),
          its_channel(host, std::move(stream)),
          peer_address_(its_channel::stream().peer_address()) {}

    /// Answers the upgrade request with 101, and starts.
    /// @param rest the bytes that the client has sent after its request.
    void start(const handshake_request& request, std::string_view rest, accept_options options) {
        std::string after(rest);  // handlers may read on the shard's buffer
        subprotocol_ = std::move(options.subprotocol);
        failed_ = std::move(options.failed);
        std::string extensions;
        if (const compression* const compressing = this->host().compressing())
            extensions = compressing->negotiate(std::string(request.extensions));
        compresses_ = !extensions.empty();
        this->corked([&] {
            const auto response = switching_protocols(request.key, subprotocol_, extensions, options.headers);
            count_sent(response.size());
            this->write(response);
            now_open();
            guarded([&] { session_ = options.open(shared_from_this()); });
            if (!after.empty()) received(after.data(), after.size());
        });
        this->start_reading();
    }

private:
    friend its_channel;

    // channel
    void received(char* bytes, std::size_t size) {
        pinged_ = false;
        count_received(size);
        auto reader = reader_ ? std::move(reader_) : this->host().take_reader();
        if (reader->idle())
            reader->start(this->host().limits().message_bytes, compresses_ ? this->host().compressing() : nullptr);
        while (size != 0 && !its_channel::ended()) {
            std::error_code ec;
            if (const auto got = reader->read(bytes, size, ec)) received(*got);
            if (ec) return received_nonsense(ec);
        }
        if (reader->idle())
            this->host().give_back(std::move(reader));
        else
            reader_ = std::move(reader);
    }
    void drained() {
        if (!is_open() || !std::exchange(has_missed_, false) || !session_) return;
        guarded([&] { session_->on_drain(); });
    }
    void lost(const std::error_code&) { ended({close_code::abnormal, {}}); }

    // shard::guest
    void tick(shard::clock::time_point now) override {
        const auto& bounds = this->host().limits();
        if (this->has_finished_too_late(now)) return this->close_now();
        if (its_channel::ended()) return;
        const auto silent = now - this->last_heard();
        if (!is_open()) {
            if (now >= give_up_at_) give_up();
        } else if (this->held()) {
            return;  // nobody listens to it: its silence says nothing
        } else if (this->has_stalled_for(bounds.ping_interval + bounds.ping_timeout)) {
            give_up();  // whatever it says: it would not even take a ping
        } else if (pinged_) {
            if (now - pinged_since_ >= bounds.ping_timeout && silent >= bounds.ping_timeout) give_up();
        } else if (silent >= bounds.ping_interval) {
            pinged_ = true;
            pinged_since_ = now;
            write_control(opcode::ping, {});
        }
    }
    void stop() override { start_closing(close_code::going_away, "server stops"); }
    void abort() override { give_up(); }

    // connection
    void send_message(payload message) override {
        if (!this->has_room_for(message.size())) return too_slow();
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
        if (!this->has_room_for(batch->size())) return too_slow();
        count_sent(batch->size());
        this->write(batch->bytes());  // as its own: batches may be forgotten
    }
    void send_shared_batch(batch_for_many& batch, when_slow slow) override {
        send_batch(compresses_ ? batch.compressed(*this->host().compressing()) : batch.plain(), slow);
    }
    void set_reading_paused(bool held) override {
        if (held)
            this->pause_reading();
        else
            this->resume_reading();
    }
    void start_closing(std::uint16_t code, const std::string& reason) override {
        if (!is_open()) return;
        now_closing();
        give_up_at_ = this->host().deadline(this->host().limits().close_timeout);
        close_sent_ = code;
        write_close(code, reason);
        if (!websocketpp::close::status::terminal(code)) return;
        // Nothing that the peer still says is of use. A handler of the session may be at work: it is told later.
        this->finish();
        home().post([self = shared_from_this(), this] { ended({close_code::abnormal, {}}); });
    }
    void do_fail(const std::exception_ptr& what) override {
        start_closing(close_code::internal_error, "internal error");
        report(what);
    }
    [[nodiscard]] std::string find_peer_address() const override { return peer_address_; }
    [[nodiscard]] const std::string& agreed_subprotocol() const override { return subprotocol_; }
    [[nodiscard]] bool has_secure_transport() const noexcept override { return Stream::is_secure(); }

    void received(const client_frame& got) {
        switch (got.kind) {
            case opcode::close:
                return received_close(std::string(got.body));
            case opcode::ping:
                if (is_open()) write_control(opcode::pong, got.body);
                return;
            case opcode::pong:
                return;
            default:
                break;
        }
        if (!session_ || !is_open()) return;
        const auto kind = got.kind == opcode::text ? payload_kind::text : payload_kind::binary;
        const payload message(got.body, kind);
        if (is_flood(message)) {
            if (this->host().limits().on_flood == flood::close)
                return start_closing(close_code::policy_violation, "you send too fast");
            return guarded([&] { session_->on_rate_limited(message); });
        }
        guarded([&] { session_->on_message(message); });
    }

    // The peer closes, or answers our closing (RFC 6455, section 5.5.1).
    void received_close(const std::string& body) {
        std::error_code wrong;
        close_event how;
        how.code = websocketpp::close::extract_code(body, wrong);
        if (!wrong) how.reason = websocketpp::close::extract_reason(body, wrong);
        if (is_open()) {
            if (wrong)
                write_close(close_code::protocol_error, "the close frame is malformed");
            else
                write_close(how.code == close_code::no_status ? close_code::normal : how.code, how.reason);
        }
        this->finish();
        ended(std::move(how));
    }

    void received_nonsense(const std::error_code& what) {
        if (is_open()) return start_closing(frame_reader::close_code_for(what), what.message());
        this->finish();  // no answer to our closing will be found in what comes
        ended({close_code::abnormal, {}});
    }

    void ended(close_event how) {
        now_closing();
        if (!session_) return;
        if (how.code == close_code::abnormal && close_sent_ != 0) how.code = close_sent_;
        const auto last = std::move(session_);
        guarded([&] { last->on_close(how); });
    }

    void write_close(std::uint16_t code, std::string_view reason) {
        std::string body{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
        write_control(opcode::close, body.append(reason));
    }
    void write_control(opcode kind, std::string_view body) {
        const frame_header header(kind, body.size());
        count_sent(header.bytes().size() + body.size());
        this->write(header.bytes(), body);
    }

    bool is_flood(payload received) {
        const auto& bounds = this->host().limits();
        const auto now = this->host().now();
        const std::uint64_t at_once = std::max<std::uint64_t>(bounds.bytes_per_second, bounds.message_bytes);
        return !messages_.take(1, bounds.messages_per_second, bounds.messages_per_second, now) ||
               !bytes_.take(received.size(), bounds.bytes_per_second, at_once, now);
    }

    // Ends without a word: the peer does not answer.
    void give_up() {
        const auto self = shared_from_this();
        this->close_now();
        ended({close_code::abnormal, {}});
    }

    // Forgets what may be forgotten if there is no room. @returns false if the connection is closed instead.
    bool make_room(std::size_t bytes, when_slow slow) {
        const std::size_t before = this->queued();
        if (!its_channel::make_room(bytes, slow)) {
            too_slow();
            return false;
        }
        has_missed_ = has_missed_ || this->queued() != before;
        return true;
    }

    void too_slow() {
        // Within a fan-out: the closing, which runs the application's handlers, waits for the next turn.
        if (std::exchange(too_slow_, true)) return;
        home().post([self = shared_from_this(), this] {
            start_closing(close_code::try_again_later, "too slow: too much waits to be sent");
        });
    }

    template <class Action>
    void guarded(Action&& action) {
        try {
            action();
        } catch (...) {
            do_fail(std::current_exception());
        }
    }

    void report(const std::exception_ptr& what) noexcept {
        try {
            if (failed_) failed_(what);
        } catch (...) {  // there is nobody left to tell
        }
    }

    const std::string peer_address_;        // wanted most when the peer is gone
    std::unique_ptr<frame_reader> reader_;  // in the middle of a message
    std::unique_ptr<session> session_;
    std::function<void(std::exception_ptr)> failed_;
    std::string subprotocol_;
    token_bucket messages_;
    token_bucket bytes_;
    shard::clock::time_point pinged_since_{};
    shard::clock::time_point give_up_at_{};  // once it is closing
    std::uint16_t close_sent_ = 0;
    bool pinged_ = false;
    bool too_slow_ = false;
    bool has_missed_ = false;  // something that was for many, since it last took all
    bool compresses_ = false;
};

}  // namespace net
ROOMPP_NAMESPACE_END
