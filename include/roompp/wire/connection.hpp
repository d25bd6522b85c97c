#pragma once
// A WebSocket connection of this library: websocketpp's protocol on our channel.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <websocketpp/connection.hpp>

#include <roompp/core/close.hpp>
#include <roompp/core/loop.hpp>
#include <roompp/core/payload.hpp>
#include <roompp/core/policies.hpp>
#include <roompp/wire/channel.hpp>
#include <roompp/wire/frame_batch.hpp>
#include <roompp/wire/session.hpp>
#include <roompp/wire/tcp_stream.hpp>
#include <roompp/wire/websocket_config.hpp>

namespace roompp {

namespace wire {

/// What a connection is started with.
template <class Connection>
struct opening {
    /// Called once the handshake is done; what it returns receives the messages. May throw: then 1011.
    std::function<std::unique_ptr<session>(const std::shared_ptr<Connection>&)> open;
    /// Told of exceptions of the session.
    std::function<void(std::exception_ptr)> failed;
    std::string subprotocol;                                   ///< one that the client offered, or empty
    std::vector<std::pair<std::string, std::string>> headers;  ///< further headers of the 101 response
};

}  // namespace wire

/// One WebSocket connection. Held by shared_ptr; lives on one loop (home()).
///
/// Thread-safety: send() and close() may be called from any thread, everything else on the connection's loop, where
/// the handlers of a route run.
template <class Stream>
class basic_connection final : public wire::channel<basic_connection<Stream>, Stream>,
                               public std::enable_shared_from_this<basic_connection<Stream>> {
    using channel = wire::channel<basic_connection, Stream>;
    using config = wire::websocket_config<basic_connection>;
    using protocol = websocketpp::connection<config>;

public:
    using batch_type = wire::frame_batch;

    /// For the server; an application never makes a connection itself.
    basic_connection(wire::shard& host, Stream stream)
        : channel(host, std::move(stream)), protocol_(true, std::string(), no_log(), no_log(), no_masks()) {
        protocol_.belong_to(*this);
    }

    /// Sends a message. Text must be UTF-8 (RFC 6455, section 8.1). Safe from any thread; does nothing once the
    /// connection is closing. More than limits::queue_bytes waiting closes the connection with 1013.
    void send(payload message) {
        if (!home().running_here()) {
            home().post([self = this->shared_from_this(), copy = std::string(message.data()), kind = message.kind()] {
                self->send(payload(copy, kind));
            });
            return;
        }
        if (!is_open() || !has_room_for(message.size())) return;
        const wire::frame_header header(message.kind(), message.size());
        this->corked([&] {
            this->write(header.bytes());
            this->write(message.data());
        });
    }

    /// Sends what a room has gathered: part of the member concept.
    void deliver(const std::shared_ptr<const batch_type>& batch) {
        if (is_open() && has_room_for(batch->size())) this->write(batch);
    }

    /// Starts the closing handshake (RFC 6455, section 7.1.2). Safe from any thread; does nothing if it is closing.
    /// @param code 1000 to 1003, 1007 to 1014 or 3000 to 4999.
    /// @param reason UTF-8; what is beyond 123 bytes is cut off.
    /// @throws std::invalid_argument for a code that must not be sent.
    void close(std::uint16_t code = close_code::normal, std::string_view reason = {}) {
        if (!may_be_sent(code))
            throw std::invalid_argument("roompp: close code " + std::to_string(code) +
                                        " must not be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999");
        home().dispatch([self = this->shared_from_this(), code, text = std::string(cut(reason))] {
            self->start_closing(code, text);
        });
    }

    /// The loop on which it lives.
    [[nodiscard]] loop& home() const noexcept { return this->host().home(); }
    /// The peer's address as text, without the port.
    [[nodiscard]] std::string peer_address() const { return this->stream().peer_address(); }
    /// The subprotocol that was agreed upon; empty if none.
    [[nodiscard]] const std::string& subprotocol() const { return protocol_.get_subprotocol(); }
    [[nodiscard]] bool is_secure() const noexcept { return Stream::is_secure(); }
    /// Whether messages can be sent.
    [[nodiscard]] bool is_open() const noexcept { return open_ && !closing_; }

    /// For the server: answers the upgrade request and starts.
    /// @param rest what the client has sent after its request.
    void start(websocketpp::http::parser::request&& request, std::string_view rest,
               wire::opening<basic_connection> how) {
        how_ = std::make_unique<wire::opening<basic_connection>>(std::move(how));
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
            if (open_ && !after.empty()) received(after);
        });
        if (!channel::ended()) this->start_reading();
    }

private:
    friend channel;
    friend wire::transport_bridge<basic_connection>;

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
    void tick(wire::shard::clock::time_point now) override {
        const auto& bounds = this->host().bounds();
        if (this->has_finished_too_late(now)) return this->end_now();
        if (channel::ended()) return;
        const auto silent = now - this->last_heard();
        if (closing_) {
            if (now - closing_since_ >= bounds.close_timeout) give_up();
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

    bool accept() {
        websocketpp::lib::error_code ignored;  // the server has checked that the client offered it
        if (!how_->subprotocol.empty()) protocol_.select_subprotocol(how_->subprotocol, ignored);
        for (const auto& [name, value] : how_->headers) protocol_.append_header(name, value);
        return true;
    }

    void opened() {
        open_ = true;
        guarded([&] { session_ = how_->open(this->shared_from_this()); });
        // Of no use any more, and kept by every connection.
        how_->open = nullptr;
        const_cast<websocketpp::http::parser::request&>(protocol_.get_request()) = {};
    }

    void received_message(typename config::message_type& message) {
        if (!session_ || closing_) return;
        const auto kind =
            message.get_opcode() == websocketpp::frame::opcode::text ? payload_kind::text : payload_kind::binary;
        guarded([&] { session_->message(payload(message.get_payload(), kind)); });
    }

    void ended() {
        closing_ = true;
        if (!session_) return;
        const auto last = std::move(session_);
        guarded([&] { last->closed(how_it_ended()); });
    }

    [[nodiscard]] close_event how_it_ended() const {
        if (protocol_.get_remote_close_code() != close_code::abnormal)
            return {protocol_.get_remote_close_code(), protocol_.get_remote_close_reason()};
        return {close_sent_ != 0 ? close_sent_ : close_code::abnormal, {}};
    }

    void start_closing(std::uint16_t code, const std::string& reason) {
        if (!is_open()) return;
        closing_ = true;
        closing_since_ = wire::shard::clock::now();
        close_sent_ = code;
        websocketpp::lib::error_code ec;
        protocol_.close(code, reason, ec);
        if (ec) give_up();
    }

    // Ends without a word: the peer does not answer.
    void give_up() {
        const auto self = this->shared_from_this();
        this->end_now();
        protocol_.terminate(std::make_error_code(std::errc::timed_out));
    }

    bool has_room_for(std::size_t bytes) {
        if (this->queued() + bytes <= this->host().bounds().queue_bytes) return true;
        // Within a fan-out: the closing, which runs the application's handlers, waits for the next turn.
        if (!too_slow_) {
            too_slow_ = true;
            home().post([self = this->shared_from_this()] {
                self->start_closing(close_code::try_again_later, "too slow: too much waits to be sent");
            });
        }
        return false;
    }

    template <class Action>
    void guarded(Action&& action) {
        try {
            action();
        } catch (...) {
            const auto what = std::current_exception();
            start_closing(close_code::internal_error, "internal error");
            report(what);
        }
    }

    void report(const std::exception_ptr& what) noexcept {
        try {
            if (how_->failed) how_->failed(what);
        } catch (...) {  // there is nobody left to tell
        }
    }

    static constexpr bool may_be_sent(std::uint16_t code) noexcept {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    }
    // At most 123 bytes (RFC 6455, section 5.5), cut between characters.
    static std::string_view cut(std::string_view reason) noexcept {
        constexpr std::size_t most = 123;
        if (reason.size() <= most) return reason;
        std::size_t end = most;
        while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0U) == 0x80U) --end;
        return reason.substr(0, end);
    }

    static const std::shared_ptr<wire::null_log>& no_log() {
        static const auto log = std::make_shared<wire::null_log>();
        return log;
    }
    static typename config::rng_type& no_masks() {
        static typename config::rng_type generator;
        return generator;
    }

    protocol protocol_;
    std::unique_ptr<wire::opening<basic_connection>> how_;
    std::unique_ptr<wire::session> session_;
    wire::shard::clock::time_point pinged_since_{};
    wire::shard::clock::time_point closing_since_{};
    std::uint16_t close_sent_ = 0;
    bool open_ = false;
    bool closing_ = false;
    bool pinged_ = false;
    bool too_slow_ = false;
};

/// A connection over TCP.
using connection = basic_connection<wire::tcp_stream>;

/// Unless a policy says otherwise, the members of rooms are this library's connections over TCP.
template <>
struct default_members<void> {
    using connection_type = connection;
};

}  // namespace roompp
