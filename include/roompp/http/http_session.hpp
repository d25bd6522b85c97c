#pragma once
// A stream before it becomes a WebSocket: plain HTTP/1.1, with keep-alive and pipelining.

#include <algorithm>
#include <cstddef>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <websocketpp/http/request.hpp>
#include <websocketpp/utilities.hpp>

#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/request_validator.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/channel.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/websocket/websocket_connection.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

/// Reads requests from a stream with websocketpp's parser, answers plain ones, one after the other, and hands an accepted
/// Upgrade, with what was read of it, to a connection. `Router` answers:
/// - `std::optional<response> body_problem(const request&, std::size_t, const limits&)`: a refusal of a body of that size;
/// - `std::optional<response> respond(request&, responder&)`: the answer, unless it is given through the responder;
/// - `std::optional<response> upgrade(const request&, net::opening&)`: a refusal, or how to open;
/// - `void answered(const request&, const answered&)`: is told of each answer that is whole;
/// - `std::string_view secret()`: see request::server_secret();
/// - `void report(std::exception_ptr)`: is told of exceptions in the application's hooks.
template <class Stream, class Router>
class http_session final : public net::channel<http_session<Stream, Router>, Stream>,
                           public std::enable_shared_from_this<http_session<Stream, Router>>,
                           private http_exchange {
    using channel = net::channel<http_session, Stream>;
    using parser = websocketpp::http::parser::request;

public:
    http_session(net::shard& host, Stream stream, Router& site)
        : channel(host, std::move(stream)), router_(site), newcomer_(std::in_place, host.handshaking()) {
        expect_request();
    }

    void start() { this->start_reading(); }

    /// Answers before any request: the server is full.
    void reject() {
        newcomer_.reset();
        rejected_.emplace(this->host().rejected());
        this->start_reading();
        answer_last({503, "The server has as many connections as it allows; try again later.\n"});
    }

private:
    friend channel;

    // What is under way. A request whose answer is owed or not whole holds up those behind it.
    enum class stage : unsigned char { reading, answer_owed, body_begun };

    // Of requests that wait for the answer to one before them, this much is read ahead. Reading on is what shows that
    // the client goes.
    static constexpr std::size_t most_read_ahead = 64 * 1024;

    // channel
    void received(const char* data, std::size_t size) {
        const std::string_view bytes(data, size);
        if (stage_ == stage::reading && pending_.empty()) {
            take(bytes);
        } else if (!is_last_) {  // else nobody will look at it
            pending_.append(bytes);
        }
        choose_whether_to_read();
    }
    void drained() {
        if (stage_ == stage::reading) return go_on();
        const auto body = held_.lock();
        if (stage_ == stage::body_begun && body) guarded([&] { pending_response::tell_drained(body); });
    }
    void lost(const std::error_code&) { cut_short(abort_reason::client_gone); }

    // shard::guest
    void tick(net::shard::clock::time_point now) override {
        const auto& bounds = this->host().limits();
        if (this->has_finished_too_late(now)) return this->close_now();
        if (this->ended()) return;
        if (this->queued() != 0) {
            if (now - this->last_heard() < bounds.keep_alive) return;
            this->close_now();  // takes nothing of its answer
            cut_short(abort_reason::too_slow);
        } else if (stage_ == stage::answer_owed) {
            if (now - waiting_since_ >= bounds.answer_timeout) ask_for_last_answer(abort_reason::timed_out);
        } else if (stage_ == stage::body_begun) {
            return;  // as long as it takes
        } else if (in_request_ || answered_ == 0) {
            if (now - waiting_since_ >= bounds.request_timeout)
                answer_last({408, "The request did not come in time.\n"});
        } else if (now - waiting_since_ >= bounds.keep_alive) {
            this->finish();
        }
    }
    void stop() override {
        is_last_ = true;
        if (stage_ == stage::answer_owed) return ask_for_last_answer(abort_reason::server_stops);
        if (stage_ == stage::body_begun) {
            const auto body = held_.lock();
            if (body) guarded([&] { pending_response::tell_end(body, abort_reason::server_stops); });
            if (stage_ == stage::body_begun) end();
            return;
        }
        this->finish();
    }
    void abort() override {
        this->close_now();
        cut_short(abort_reason::server_stops);
    }

    // Answers the requests in `bytes`, in order. While an answer waits to be sent, or is still owed, no further one is
    // made: the rest waits.
    void take(std::string_view bytes) {
        taking_ = true;
        while (!bytes.empty() && !this->ended()) {
            if (this->queued() != 0 || stage_ != stage::reading) {
                if (!is_last_) pending_.assign(bytes);
                break;
            }
            if (!in_request_) {
                in_request_ = true;
                waiting_since_ = this->host().now();
            }
            try {
                if (in_body_) {
                    const std::size_t taken = parser_.consume(bytes.data(), bytes.size());
                    request_bytes_ += taken;
                    bytes.remove_prefix(taken);
                } else if (!take_head(bytes))
                    break;
            } catch (const websocketpp::http::exception& e) {
                answer_last({static_cast<int>(e.m_error_code), e.m_error_msg + '\n'});
                break;
            }
            if (!parser_.ready()) continue;
            newcomer_.reset();
            handle(bytes);
            if (stage_ == stage::reading && !this->ended()) expect_request();
        }
        taking_ = false;
    }

    // Takes up what came while an answer was owed or being sent.
    void go_on() {
        if (stage_ != stage::reading || this->ended() || this->queued() != 0) return;
        const auto rest = std::exchange(pending_, {});
        this->corked([&] { take(rest); });
        choose_whether_to_read();
    }

    void choose_whether_to_read() {
        if (this->ended()) return;
        const bool answer_is_on_its_way = stage_ == stage::reading && !pending_.empty();
        if (answer_is_on_its_way || pending_.size() >= most_read_ahead)
            this->pause_reading();
        else
            this->resume_reading();
    }

    void expect_request() {
        in_request_ = in_body_ = false;
        waiting_since_ = this->host().now();
        parser_ = parser();
        parser_.set_max_body_size(std::numeric_limits<std::size_t>::max());  // the site says how large it may be
    }

    // Takes bytes until the head is whole, then checks and parses it.
    // @returns whether it could go on: false if more must come, or if the request was refused.
    bool take_head(std::string_view& bytes) {
        constexpr std::string_view end_of_head = "\r\n\r\n";
        std::string_view head;
        const std::size_t here = head_.empty() ? bytes.find(end_of_head) : std::string_view::npos;
        if (here != std::string_view::npos) {  // in one piece, as nearly always: no copy
            head = bytes.substr(0, here + end_of_head.size());
            bytes.remove_prefix(head.size());
        } else {
            const std::size_t before = head_.size();
            head_.append(bytes);
            const std::size_t end = head_.find(end_of_head, before < 3 ? 0 : before - 3);
            if (end == std::string::npos) {
                bytes = {};
                if (head_.size() > websocketpp::http::max_header_size)
                    answer_last({431, "The request's head is too large.\n"});
                return false;
            }
            head_.resize(end + end_of_head.size());
            bytes.remove_prefix(head_.size() - before);
            head = head_;
        }
        if (auto problem = head_problem(head)) {
            answer_last(*problem);
            return false;
        }
        parser_.consume(head.data(), head.size());
        request_bytes_ = head.size();
        head_.clear();
        in_body_ = true;
        if (auto problem = body_problem()) {
            answer_last(*problem);
            return false;
        }
        if (!parser_.ready() && same_token(parser_.get_header("Expect"), "100-continue"))
            channel::write("HTTP/1.1 100 Continue\r\n\r\n");
        return true;
    }

    void handle(std::string_view rest) {
        if (auto problem = what_is_wrong()) return answer_last(std::move(*problem));
        request incoming(parser_, this->stream().peer_address(), Stream::is_secure());
        incoming.set_size(request_bytes_);
        incoming.set_server_secret(router_.secret());
        if (has_token(parser_.get_header("Upgrade"), "websocket") &&
            has_token(parser_.get_header("Connection"), "Upgrade"))
            return upgrade(incoming, rest);
        is_last_ = !wants_keep_alive();
        headers_.clear();
        stage_ = stage::answer_owed;
        waiting_since_ = this->host().now();
        const auto owed = std::make_shared<pending_response>(
            this->host().home(), std::shared_ptr<http_exchange>(this->shared_from_this(), this));
        held_ = owed;
        responder later(owed);
        if (const auto now = router_.respond(incoming, later); now && owed->claim()) answer(*now);
    }

    // http_exchange
    void add_headers(const header_list& more) override { headers_.insert(headers_.end(), more.begin(), more.end()); }
    void answer(const response& what) override {
        if (stage_ != stage::answer_owed || this->ended()) return;
        ++answered_;
        is_last_ = is_last_ || this->host().stopping();
        const std::string bytes = serialize(what, takes_body(), !is_last_, headers_);
        response_info_ = {what.status, bytes.size()};
        channel::write(bytes);
        completed();
    }
    void begin(const response& head, body_framing how) override {
        if (stage_ != stage::answer_owed || this->ended()) return;
        ++answered_;
        if (parser_.get_version() == "HTTP/1.0") how = body_framing::connection;
        is_last_ = is_last_ || how == body_framing::connection;
        if (is_last_) pending_ = {};
        in_chunks_ = how == body_framing::chunk;
        const auto length = in_chunks_ ? body_length::in_chunks : body_length::to_the_very_end;
        const std::string bytes = serialize_head(head, length, !is_last_, headers_);
        response_info_ = {head.status, bytes.size()};
        channel::write(bytes);
        if (!takes_body() || !has_content(head)) {
            if (const auto body = held_.lock())
                guarded([&] { pending_response::tell_end(body, abort_reason::client_gone); });
            return completed();
        }
        stage_ = stage::body_begun;
        write(head.body, when_slow::disconnect);
    }
    void write(std::string_view piece, when_slow slow) override {
        if (piece.empty() || !takes_more(piece.size(), slow)) return;
        if (!takes_more(piece.size(), when_slow::disconnect)) return;  // too little could be forgotten
        response_info_.bytes += piece.size();
        channel::write(in_chunks_ ? std::string_view(chunk_of(piece)) : piece);
    }
    void write(const std::shared_ptr<const net::frame_batch>& pieces, when_slow slow) override {
        if (in_chunks_) return write(pieces->bytes(), slow);
        if (!takes_more(pieces->size(), slow)) return;
        response_info_.bytes += pieces->size();
        channel::write(pieces);
    }
    void end() override {
        if (stage_ != stage::body_begun || this->ended()) return;
        if (in_chunks_) channel::write(last_chunk);
        completed();
    }
    void abandon() override {
        if (stage_ == stage::answer_owed) answer({500, "The server failed to answer this.\n"});
        if (stage_ == stage::body_begun) {
            this->close_now();
            cut_short(abort_reason::client_gone);
        }
    }
    [[nodiscard]] std::size_t waiting_bytes() const noexcept override { return this->queued(); }

    // The answer is whole.
    void completed() {
        const auto self = this->shared_from_this();  // what is closed here may be what keeps this
        stage_ = stage::reading;
        if (const auto held = held_.lock()) held->close();
        tell_answered();
        if (is_last_) return this->finish();
        if (taking_) return;
        expect_request();
        choose_whether_to_read();
        // In a turn of its own: its handlers may answer others, whose next requests would otherwise nest in this one.
        if (!pending_.empty()) this->host().home().post([self] { self->go_on(); });
    }

    // The server can't wait for the answer any longer. One that is on its way from another thread still counts.
    void ask_for_last_answer(abort_reason why) {
        is_last_ = true;
        pending_ = {};
        const auto held = held_.lock();
        if (!held) return;
        guarded([&] { pending_response::tell_end(held, why); });
        if (stage_ == stage::answer_owed && held->claim())
            answer({503, why == abort_reason::server_stops ? "The server stops; try again later.\n"
                                                           : "The answer did not come in time; try again later.\n"});
    }

    // The stream has ended with an answer owed or under way.
    void cut_short(abort_reason why) {
        if (stage_ == stage::reading) return;
        const auto self = this->shared_from_this();
        stage_ = stage::reading;
        if (const auto held = held_.lock()) {
            guarded([&] { pending_response::tell_end(held, why); });
            held->close();
        }
        tell_answered();
    }

    void tell_answered() {
        if (!router_.observes_responses()) return;
        request asked(parser_, this->stream().peer_address(), Stream::is_secure());
        asked.set_size(request_bytes_);
        asked.set_server_secret(router_.secret());
        guarded([&] { router_.answered(asked, std::exchange(response_info_, {})); });
    }

    bool takes_more(std::size_t bytes, when_slow slow) {
        if (stage_ != stage::body_begun || this->ended() || too_slow_) return false;
        if (this->make_room(bytes, slow)) return true;
        // Perhaps within a fan-out: the end, which runs the application's hooks, waits for the next turn.
        too_slow_ = true;
        this->host().home().post([self = this->shared_from_this()] {
            self->close_now();
            self->cut_short(abort_reason::too_slow);
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
        net::accept_options how;
        if (auto refusal = handshake_problem()) return answer_last(std::move(*refusal));
        if (auto refusal = router_.upgrade(incoming, how)) return answer_last(std::move(*refusal));
        const auto self = this->shared_from_this();
        auto& host = this->host();
        const auto opened = std::make_shared<net::websocket_connection<Stream>>(host, this->release());
        const net::handshake_request handshake{parser_.get_header("Sec-WebSocket-Key"),
                                               parser_.get_header("Sec-WebSocket-Extensions")};
        opened->start(handshake, rest, std::move(how));
    }

    // What websocketpp's parser lets pass, and this server does not.
    [[nodiscard]] std::optional<response> what_is_wrong() const {
        const std::string& version = parser_.get_version();
        if (version != "HTTP/1.1" && version != "HTTP/1.0") return response(505, "Only HTTP/1.1 is spoken here.\n");
        const std::string& target = parser_.get_uri();
        if (target.empty() || (target.front() != '/' && target.find("://") == std::string::npos))
            return response(400, "The request's target is not a path.\n");
        return std::nullopt;
    }

    // The head has been checked: the length is a number, of at most 18 digits.
    [[nodiscard]] std::optional<response> body_problem() {
        const std::string& length = parser_.get_header("Content-Length");
        if (length.empty()) return std::nullopt;
        const request announced(parser_, this->stream().peer_address(), Stream::is_secure());
        return router_.body_problem(announced, std::stoull(length), this->host().limits());
    }

    // RFC 6455, section 4.2.1.
    [[nodiscard]] std::optional<response> handshake_problem() const {
        if (parser_.get_method() != "GET" || parser_.get_version() != "HTTP/1.1")
            return response(400, "A WebSocket opens with a GET of HTTP/1.1.\n");
        if (parser_.get_header("Sec-WebSocket-Version") != "13") {
            response wrong(426, "Only version 13 of the WebSocket protocol is spoken here.\n");
            wrong.headers.emplace_back("Sec-WebSocket-Version", "13");
            wrong.headers.emplace_back("Upgrade", "websocket");
            return wrong;
        }
        const std::string& key = parser_.get_header("Sec-WebSocket-Key");
        const auto is_base64 = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
        };
        if (key.size() != 24 || !std::all_of(key.begin(), key.end() - 2, is_base64) || key.substr(22) != "==")
            return response(400, "The Sec-WebSocket-Key is not 16 bytes in base64.\n");
        if (!has_possible_port(parser_.get_header("Host"))) return response(400, "The Host has no possible port.\n");
        if (!parser_.get_body().empty()) return response(400, "A WebSocket handshake has no body.\n");
        return std::nullopt;
    }

    [[nodiscard]] bool wants_keep_alive() const {
        using websocketpp::utility::ci_find_substr;
        const std::string& wish = parser_.get_header("Connection");
        if (parser_.get_version() == "HTTP/1.0") return ci_find_substr(wish, "keep-alive", 10) != wish.end();
        return ci_find_substr(wish, "close", 5) == wish.end();
    }

    [[nodiscard]] bool takes_body() const { return parser_.get_method() != "HEAD"; }

    // Refuses what is being read; nothing after it can be trusted.
    void answer_last(const response& what) {
        ++answered_;
        channel::write(serialize(what, takes_body(), false));
        this->finish();
    }

    Router& router_;
    std::optional<net::shard::counter_guard> newcomer_;  // until its first whole request
    std::optional<net::shard::counter_guard> rejected_;
    parser parser_;
    std::string head_;                      // what has come of a head in pieces
    std::string pending_;                   // came while an answer was still owed or being sent
    std::weak_ptr<pending_response> held_;  // while an answer is owed or under way
    net::shard::clock::time_point waiting_since_{};
    header_list headers_;          // of the answer, whoever gives it
    response_info response_info_;  // or being done
    std::size_t request_bytes_ = 0;
    std::size_t answered_ = 0;
    stage stage_ = stage::reading;
    bool in_request_ = false;
    bool in_body_ = false;
    bool taking_ = false;
    bool is_last_ = false;    // the connection ends with the answer
    bool in_chunks_ = false;  // the body that has begun
    bool too_slow_ = false;
};

}  // namespace detail

ROOMPP_NAMESPACE_END
