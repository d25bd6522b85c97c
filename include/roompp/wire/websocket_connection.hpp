#pragma once
// A WebSocket connection over any stream: websocketpp's protocol on our channel.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <websocketpp/connection.hpp>

#include <roompp/core/close.hpp>
#include <roompp/core/limits.hpp>
#include <roompp/core/payload.hpp>
#include <roompp/core/policies.hpp>
#include <roompp/core/token_bucket.hpp>
#include <roompp/wire/channel.hpp>
#include <roompp/wire/connection.hpp>
#include <roompp/wire/frame_batch.hpp>
#include <roompp/wire/session.hpp>
#include <roompp/wire/websocket_config.hpp>

namespace roompp::wire {

/// One WebSocket (RFC 6455). For the server; an application never makes a connection itself.
template <class Stream>
class websocket_connection final : public connection, public channel<websocket_connection<Stream>, Stream> {
    using its_channel = channel<websocket_connection, Stream>;
    using config = websocket_config<websocket_connection>;
    using protocol = websocketpp::connection<config>;

public:
    websocket_connection(shard& host, Stream stream)
        : connection(host.home()),
          its_channel(host, std::move(stream)),
          protocol_(true, std::string(), no_log(), no_log(), no_masks()) {
        protocol_.belong_to(*this);
    }

    /// Answers the upgrade request and starts.
    /// @param rest what the client has sent after its request.
    void start(websocketpp::http::parser::request&& request, std::string_view rest, opening how) {
        how_ = std::make_unique<opening>(std::move(how));
        protocol_.set_max_message_size(this->host().bounds().message_bytes);
        protocol_.set_validate_handler([this](const websocketpp::connection_hdl&) { return accept(); });
        protocol_.set_open_handler([this](const websocketpp::connection_hdl&) { opened(); });
        protocol_.set_close_handler([this](const websocketpp::connection_hdl&) { ended(); });
        protocol_.set_message_handler(
            [this](const websocketpp::connection_hdl&, const typename config::message_type::ptr& message) {
                received_message(*message);
            });
        const std::string after(rest);  // handlers may read on the shard's buffer
        this->corked([&] {
            protocol_.start();
            // The request is parsed already: the protocol gets it whole, and is told of no further bytes.
            const_cast<websocketpp::http::parser::request&>(protocol_.get_request()) = std::move(request);
            protocol_.feed({});
            if (is_open() && !after.empty()) received(after);
        });
        if (!its_channel::ended()) this->start_reading();
    }

private:
    friend its_channel;
    friend transport_bridge<websocket_connection>;

    // channel
    void received(std::string_view bytes) {
        pinged_ = false;
        if (protocol_.wants_bytes()) protocol_.feed(bytes);
    }
    void drained() noexcept {}
    void lost(const std::error_code& ec) { protocol_.terminate(ec); }

    // transport_bridge
    void write_protocol(std::string_view bytes) { this->write(bytes); }
    void finish_protocol() { this->finish(); }

    // shard::guest
    void tick(shard::clock::time_point now) override {
        const auto& bounds = this->host().bounds();
        if (this->has_finished_too_late(now)) return this->end_now();
        if (its_channel::ended()) return;
        const auto silent = now - this->last_heard();
        if (!is_open()) {
            if (now >= give_up_at_) give_up();
        } else if (pinged_) {
            if (now - pinged_since_ >= bounds.ping_timeout && silent >= bounds.ping_timeout) give_up();
        } else if (silent >= bounds.ping_interval) {
            pinged_ = true;
            pinged_since_ = now;
            websocketpp::lib::error_code ignored;
            protocol_.ping(std::string(), ignored);
        }
    }
    void stop() override { start_closing(close_code::going_away, "server stops"); }
    void abort() override { give_up(); }

    // connection
    void send_message(payload message) override {
        if (!has_room_for(message.size())) return;
        const frame_header header(message.kind(), message.size());
        this->corked([&] {
            this->write(header.bytes());
            this->write(message.data());
        });
    }
    void send_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) override {
        if (has_room_for(batch->size(), slow)) this->write(batch);
    }
    void start_closing(std::uint16_t code, const std::string& reason) override {
        if (!is_open()) return;
        now_closing();
        give_up_at_ = this->host().deadline(this->host().bounds().close_timeout);
        close_sent_ = code;
        websocketpp::lib::error_code ec;
        protocol_.close(code, reason, ec);
        if (ec) give_up();
    }
    void end_for(const std::exception_ptr& what) override {
        start_closing(close_code::internal_error, "internal error");
        report(what);
    }
    [[nodiscard]] std::string find_peer_address() const override { return this->stream().peer_address(); }
    [[nodiscard]] const std::string& agreed_subprotocol() const override { return protocol_.get_subprotocol(); }
    [[nodiscard]] bool has_secure_transport() const noexcept override { return Stream::is_secure(); }

    bool accept() {
        websocketpp::lib::error_code ignored;  // the server has checked that the client offered it
        if (!how_->subprotocol.empty()) protocol_.select_subprotocol(how_->subprotocol, ignored);
        for (const auto& [name, value] : how_->headers) protocol_.append_header(name, value);
        return true;
    }

    void opened() {
        now_open();
        guarded([&] { session_ = how_->open(shared_from_this()); });
        // Of no use any more, and kept by every connection.
        how_->open = nullptr;
        const_cast<websocketpp::http::parser::request&>(protocol_.get_request()) = {};
    }

    void received_message(typename config::message_type& message) {
        if (!session_ || !is_open()) return;
        const auto kind =
            message.get_opcode() == websocketpp::frame::opcode::text ? payload_kind::text : payload_kind::binary;
        const payload received(message.get_payload(), kind);
        if (is_flood(received)) {
            if (this->host().bounds().on_flood == flood::close)
                return start_closing(close_code::policy_violation, "you send too fast");
            return guarded([&] { session_->flooded(received); });
        }
        guarded([&] { session_->message(received); });
    }

    void ended() {
        now_closing();
        if (!session_) return;
        const auto last = std::move(session_);
        guarded([&] { last->closed(how_it_ended()); });
    }

    [[nodiscard]] close_event how_it_ended() const {
        if (protocol_.get_remote_close_code() != close_code::abnormal)
            return {protocol_.get_remote_close_code(), protocol_.get_remote_close_reason()};
        return {close_sent_ != 0 ? close_sent_ : close_code::abnormal, {}};
    }

    bool is_flood(payload received) {
        const auto& bounds = this->host().bounds();
        const auto now = this->host().now();
        const std::uint64_t at_once = std::max<std::uint64_t>(bounds.bytes_per_second, bounds.message_bytes);
        return !messages_.take(1, bounds.messages_per_second, bounds.messages_per_second, now) ||
               !bytes_.take(received.size(), bounds.bytes_per_second, at_once, now);
    }

    // Ends without a word: the peer does not answer.
    void give_up() {
        const auto self = shared_from_this();
        this->end_now();
        protocol_.terminate(std::make_error_code(std::errc::timed_out));
    }

    bool has_room_for(std::size_t bytes, when_slow slow = when_slow::disconnect) {
        const std::size_t most = this->host().bounds().queue_bytes;
        if (this->queued() + bytes > most && slow != when_slow::disconnect)
            this->forget_batches(slow == when_slow::drop_oldest && bytes < most ? most - bytes : 0);
        if (this->queued() + bytes <= most) return true;
        // Within a fan-out: the closing, which runs the application's handlers, waits for the next turn.
        if (!too_slow_) {
            too_slow_ = true;
            home().post([self = shared_from_this(), this] {
                start_closing(close_code::try_again_later, "too slow: too much waits to be sent");
            });
        }
        return false;
    }

    template <class Action>
    void guarded(Action&& action) {
        try {
            action();
        } catch (...) {
            end_for(std::current_exception());
        }
    }

    void report(const std::exception_ptr& what) noexcept {
        try {
            if (how_->failed) how_->failed(what);
        } catch (...) {  // there is nobody left to tell
        }
    }

    static const std::shared_ptr<null_log>& no_log() {
        static const auto log = std::make_shared<null_log>();
        return log;
    }
    static typename config::rng_type& no_masks() {
        static typename config::rng_type generator;
        return generator;
    }

    protocol protocol_;
    std::unique_ptr<opening> how_;
    std::unique_ptr<session> session_;
    token_bucket messages_;
    token_bucket bytes_;
    shard::clock::time_point pinged_since_{};
    shard::clock::time_point give_up_at_{};  // once it is closing
    std::uint16_t close_sent_ = 0;
    bool pinged_ = false;
    bool too_slow_ = false;
};

}  // namespace roompp::wire
