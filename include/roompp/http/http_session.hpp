#pragma once
// One connection's requests over plain HTTP/1.1, with keep-alive and pipelining.

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/base/slow_consumer.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/request_reader.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/http/response_writer.hpp>
#include <roompp/net/channel.hpp>
#include <roompp/net/work_budget.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

/// Reads requests from a stream and answers them, one after the other, until one of them upgrades the connection to
/// another protocol. `Router` has:
/// - `std::uint64_t max_body(const request&, const limits&)`: how large the body of a request may be, in bytes;
/// - `std::optional<response> refuse_body(const request&)`: the refusal of a larger one, if the text of the session
/// will
///   not do;
/// - `std::optional<response> respond(request&, responder&)`: the response, unless it is given through the responder;
/// - `bool takes_upgrade(const request&)`: whether a request is for another protocol (RFC 9110, section 7.8);
/// - `upgrade_options`: what it notes between these two, default-constructible;
/// - `std::optional<response> accept_upgrade(request&, net::shard& host, upgrade_options&)`: the refusal of such a request;
/// - `void start_upgrade(net::shard&, Stream, const request_head&, std::string_view rest, upgrade_options)`: takes over
///   the stream, which has answered nothing yet, with the bytes that came after the head; head and rest are valid
/// during
///   the call;
/// - `std::string_view date(loop&)`: the Date of responses of that loop, see http_date();
/// - `bool observes_responses()`, `void notify_response(const request&, const response_info&)`: called for each
/// response
///   that is complete or cut short;
/// - `std::string_view secret()`: see request::server_secret();
/// - `void report(std::exception_ptr)`: exceptions of the application's hooks.
/// They are called on the session's loop.
template <class Stream, class Router>
class http_session final : public net::channel<http_session<Stream, Router>, Stream>,
                           public std::enable_shared_from_this<http_session<Stream, Router>>,
                           private http_exchange {
    using channel = net::channel<http_session, Stream>;
    using clock = net::shard::clock;

public:
    http_session(net::shard& host, Stream stream, Router& router)
        : channel(host, std::move(stream)),
          router_(router),
          handshaking_(std::in_place, host.handshaking()),
          reader_(host.limits()) {
        expect_request();
    }

    void start() { this->start_reading(); }

    /// Answers 503 before any request: the server is full.
    void reject() {
        handshaking_.reset();
        rejected_.emplace(this->host().rejected());
        this->start_reading();
        answer_last({503, "The server has reached its limit of connections; try again later.\n"});
    }

private:
    friend channel;

    // A request whose response is owed or not complete holds up those behind it.
    enum class stage : unsigned char { reading, response_owed, body_begun };

    // Of requests that wait for the response to one before them, this much is read ahead. Reading on is what shows that
    // the client goes.
    static constexpr std::size_t max_read_ahead = 64 * 1024;

    // channel
    std::size_t on_bytes(const char* data, std::size_t size) {
        const std::string_view bytes(data, size);
        if (stage_ == stage::reading && read_ahead_.empty())
            consume(bytes);
        else if (!closes_)  // else it would never be looked at
            read_ahead_.append(bytes);
        update_reading();
        return size;
    }
    // The client sends no more. What it has asked for is still answered (RFC 9112, section 9.6).
    bool outlasts_input() {
        if (stage_ == stage::reading && read_ahead_.empty() && this->queued() == 0) return false;
        if (std::exchange(input_ended_, true)) return true;
        if (stage_ != stage::reading)
            notify_client_gone();
        else if (read_ahead_.empty())
            this->shutdown();
        return true;
    }
    void on_drain() {
        if (stage_ == stage::reading) return go_on();
        const auto pending = pending_.lock();
        if (stage_ == stage::body_begun && pending) guarded([&] { pending_response::notify_drained(pending); });
    }
    void on_disconnect(const std::error_code&) { abort_exchange(abort_reason::client_gone); }

    // net::shard::shard_connection
    void tick(clock::time_point now) override {
        const auto& limits = this->host().limits();
        if (this->ended()) {
            // A client may take as long as it needs for what is left, as long as it takes something.
            if (this->queued() != 0 ? this->has_stalled_for(limits.keep_alive) : this->shutdown_overdue(now))
                this->close_now();
        } else if (this->queued() != 0) {
            if (now - this->last_activity() < limits.keep_alive) return;
            this->close_now();
            abort_exchange(abort_reason::too_slow);
        } else if (stage_ == stage::response_owed) {
            if (now - waiting_since_ >= limits.answer_timeout) request_final_response(abort_reason::timed_out);
        } else if (stage_ == stage::body_begun) {
            return;  // as long as it takes
        } else if (in_request_ || responses_ == 0) {
            if (now - waiting_since_ >= limits.request_timeout)
                answer_last({408, "The request was not complete in time.\n"});
        } else if (now - waiting_since_ >= limits.keep_alive) {
            this->shutdown();
        }
    }
    void stop() override {
        closes_ = true;
        if (stage_ == stage::response_owed) return request_final_response(abort_reason::server_stops);
        if (stage_ == stage::body_begun) {
            const auto pending = pending_.lock();
            if (pending) guarded([&] { pending_response::notify_end(pending, abort_reason::server_stops); });
            if (stage_ == stage::body_begun) end();
            return;
        }
        this->shutdown();
    }
    void abort() override {
        this->close_now();
        abort_exchange(abort_reason::server_stops);
    }

    // Answers the requests in `bytes`, in order. While a response waits to be sent, or is still owed, no further one is
    // made: the rest waits.
    void consume(std::string_view bytes) {
        consuming_ = true;
        while (!bytes.empty() && !this->ended()) {
            const bool has_turn_ended = !this->host().budget().has_left();
            if (this->queued() != 0 || stage_ != stage::reading || has_turn_ended) {
                if (!closes_) read_ahead_.assign(bytes);
                if (has_turn_ended) go_on_in_later_turn();
                break;
            }
            bytes.remove_prefix(reader_.consume(bytes));
            if (!in_request_ && reader_.has_begun()) {
                in_request_ = true;
                waiting_since_ = this->host().now();
            }
            if (reader_.current() == request_reader::state::head_complete) start_body();
            if (reader_.current() == request_reader::state::failed) {
                refuse();
                break;
            }
            if (reader_.current() != request_reader::state::complete) continue;
            handshaking_.reset();
            handle(bytes);
            this->host().budget().spend(net::work_budget::request_cost);
            if (stage_ == stage::reading && !this->ended()) expect_request();
        }
        if (!this->ended()) reader_.keep_head();  // the bytes go
        consuming_ = false;
    }

    // Reads on with what came while a response was owed or being sent.
    void go_on() {
        if (stage_ != stage::reading || this->ended() || this->queued() != 0) return;
        const auto bytes = std::exchange(read_ahead_, {});
        this->host().start_work();
        this->corked([&] { consume(bytes); });
        if (this->ended()) return;
        if (input_ended_ && stage_ == stage::reading && read_ahead_.empty()) return this->shutdown();
        update_reading();
    }

    // In a turn of its own: others get theirs before, and the handlers of these requests may answer others, whose next
    // requests would otherwise nest in this one.
    void go_on_in_later_turn() {
        if (std::exchange(will_go_on_, true)) return;
        this->host().home().post([self = this->shared_from_this()] {
            self->will_go_on_ = false;
            self->go_on();
        });
    }

    void update_reading() {
        if (this->ended()) return;
        const bool sends_response = stage_ == stage::reading && !read_ahead_.empty();
        if (sends_response || read_ahead_.size() >= max_read_ahead)
            this->pause_reading();
        else
            this->resume_reading();
    }

    void expect_request() {
        in_request_ = false;
        waiting_since_ = this->host().now();
        reader_.reset();
    }

    void start_body() {
        const bool has_body = reader_.head().framing != request_framing::none;
        reader_.start_body(has_body ? router_.max_body(current_request(), this->host().limits()) : 0);
        if (reader_.current() == request_reader::state::in_body && reader_.head().expects_continue)
            channel::write("HTTP/1.1 100 Continue\r\n\r\n");
    }

    // Refuses what has been read so far.
    void refuse() {
        const parse_error& error = reader_.error();
        if (error.status == 413 && reader_.has_head()) {
            std::optional<response> refusal;
            guarded([&] { refusal = router_.refuse_body(current_request()); });
            if (refusal) return answer_last(*refusal);
        }
        answer_last({error.status, error.text + '\n'});
    }

    void handle(std::string_view rest) {
        request incoming = current_request();
        if (router_.takes_upgrade(incoming)) return upgrade(incoming, rest);
        closes_ = !reader_.head().is_persistent;
        writer_.start(reader_.head());
        stage_ = stage::response_owed;
        abort_was_noticed_ = false;
        waiting_since_ = this->host().now();
        const auto pending = std::make_shared<pending_response>(
            this->host().home(), std::shared_ptr<http_exchange>(this->shared_from_this(), this));
        pending_ = pending;
        responder deferred(pending);
        if (const auto whole = router_.respond(incoming, deferred); whole && pending->claim()) answer(*whole);
        if (input_ended_ && stage_ != stage::reading) notify_client_gone();
    }

    // http_exchange
    void add_headers(const header_list& more) override { writer_.add_headers(more); }
    void answer(const response& whole) override {
        if (stage_ != stage::response_owed || this->ended()) return;
        ++responses_;
        decide_on_close();
        channel::write(writer_.write(whole, closes_, date()));
        complete_response();
    }
    void begin(const response& head, body_framing framing) override {
        if (stage_ != stage::response_owed || this->ended()) return;
        ++responses_;
        framing = writer_.framing_for(framing);
        decide_on_close();
        closes_ = closes_ || framing == body_framing::connection;
        if (closes_) read_ahead_ = {};
        channel::write(writer_.begin(head, framing, closes_, date()));
        if (!writer_.has_body(head)) {
            if (const auto pending = pending_.lock())
                guarded([&] { pending_response::notify_end(pending, abort_reason::client_gone); });
            return complete_response();
        }
        stage_ = stage::body_begun;
        write(head.body, when_slow::disconnect);
    }
    void write(std::string_view piece, when_slow slow) override {
        if (piece.empty() || !make_room_for(piece.size(), slow)) return;
        if (!make_room_for(piece.size(), when_slow::disconnect)) return;  // not enough could be forgotten
        writer_.count(piece.size());
        if (writer_.is_chunked())
            channel::write(chunk_of(piece));
        else
            channel::write(piece);
    }
    void write(const std::shared_ptr<const net::frame_batch>& batch, when_slow slow) override {
        if (writer_.is_chunked()) return write(batch->bytes(), slow);
        if (!make_room_for(batch->size(), slow)) return;
        writer_.count(batch->size());
        channel::write(batch);
    }
    void end() override {
        if (stage_ != stage::body_begun || this->ended()) return;
        if (writer_.is_chunked()) channel::write(last_chunk);
        complete_response();
    }
    void abandon() override {
        if (stage_ == stage::reading) return;
        if (stage_ == stage::response_owed && !abort_was_noticed_)
            return answer({500, "The server failed to answer this request.\n"});
        this->close_now();
        abort_exchange(abort_reason::client_gone);
    }
    [[nodiscard]] std::size_t queued_bytes() const noexcept override { return this->queued(); }

    void complete_response() {
        const auto self = this->shared_from_this();  // closing the pending response may drop the last other reference
        stage_ = stage::reading;
        if (const auto pending = pending_.lock()) pending->close();
        notify_response();
        if (closes_) return this->shutdown();
        if (consuming_) return;
        if (input_ended_ && read_ahead_.empty()) return this->shutdown();
        expect_request();
        update_reading();
        if (!read_ahead_.empty()) go_on_in_later_turn();
    }

    // Whether the connection ends with the response that is written next.
    void decide_on_close() {
        closes_ = closes_ || this->host().stopping() || (input_ended_ && !consuming_ && read_ahead_.empty());
    }

    // The server can't wait for the response any longer. One that is on its way from another thread still counts.
    void request_final_response(abort_reason reason) {
        closes_ = true;
        read_ahead_ = {};
        const auto pending = pending_.lock();
        if (!pending) return;
        guarded([&] { pending_response::notify_end(pending, reason); });
        if (stage_ == stage::response_owed && pending->claim())
            answer({503, reason == abort_reason::server_stops
                             ? "Server is shutting down; try again later.\n"
                             : "The response was not ready in time; try again later.\n"});
    }

    void notify_client_gone() {
        const auto pending = pending_.lock();
        if (!pending) return;
        guarded([&] {
            if (pending_response::notify_end(pending, abort_reason::client_gone)) abort_was_noticed_ = true;
        });
    }

    // The stream has ended with a response owed or not complete.
    void abort_exchange(abort_reason reason) {
        if (stage_ == stage::reading) return;
        const auto self = this->shared_from_this();
        stage_ = stage::reading;
        if (const auto pending = pending_.lock()) {
            guarded([&] { pending_response::notify_end(pending, reason); });
            pending->close();
        }
        notify_response();
    }

    void notify_response() {
        if (!router_.observes_responses()) return;
        guarded([&] { router_.notify_response(current_request(), writer_.take_info()); });
    }

    bool make_room_for(std::size_t bytes, when_slow slow) {
        if (stage_ != stage::body_begun || this->ended() || too_slow_) return false;
        if (this->make_room(bytes, slow)) return true;
        // Perhaps within a fan-out: the end, which runs the application's hooks, waits for the next turn.
        too_slow_ = true;
        this->host().home().post([self = this->shared_from_this()] {
            self->close_now();
            self->abort_exchange(abort_reason::too_slow);
        });
        return false;
    }

    template <class Action>
    void guarded(Action&& action) {
        try {
            action();
        } catch (...) {
            router_.report(std::current_exception());
        }
    }

    void upgrade(request& incoming, std::string_view rest) {
        typename Router::upgrade_options options;
        if (auto refusal = router_.accept_upgrade(incoming, this->host(), options)) return answer_last(*refusal);
        const auto self = this->shared_from_this();
        router_.start_upgrade(this->host(), this->release(), reader_.head(), rest, std::move(options));
    }

    // Refuses what is being read; nothing after it can be trusted.
    void answer_last(const response& whole) {
        ++responses_;
        writer_.start_refusal(reader_.is_to_head());
        channel::write(writer_.write(whole, true, date()));
        this->shutdown();
    }

    [[nodiscard]] request current_request() {
        if (peer_address_.empty()) peer_address_ = this->stream().peer_address();
        request current(reader_.head(), reader_.body(), peer_address_, Stream::is_secure());
        current.set_size(reader_.size());
        current.set_server_secret(router_.secret());
        return current;
    }

    [[nodiscard]] std::string_view date() { return router_.date(this->host().home()); }

    Router& router_;
    std::optional<net::shard::counter_guard> handshaking_;  // until its first whole request
    std::optional<net::shard::counter_guard> rejected_;
    request_reader reader_;
    response_writer writer_;
    std::string read_ahead_;                   // came while a response was still owed or being sent
    std::string peer_address_;                 // once a request has come; the peer may go before its response
    std::weak_ptr<pending_response> pending_;  // while a response is owed or not complete
    clock::time_point waiting_since_{};
    std::size_t responses_ = 0;
    stage stage_ = stage::reading;
    bool in_request_ = false;
    bool consuming_ = false;
    bool closes_ = false;             // the connection ends with the response
    bool input_ended_ = false;        // the client has finished sending
    bool abort_was_noticed_ = false;  // a hook was told that the client has gone
    bool too_slow_ = false;
    bool will_go_on_ = false;  // with what was read ahead, in a later turn
};

}  // namespace detail

ROOMPP_NAMESPACE_END
