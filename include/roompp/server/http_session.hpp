#pragma once
// A stream before it becomes a WebSocket: plain HTTP/1.1, with keep-alive and pipelining.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <websocketpp/http/request.hpp>
#include <websocketpp/utilities.hpp>

#include <roompp/server/request.hpp>
#include <roompp/server/request_head.hpp>
#include <roompp/server/response.hpp>
#include <roompp/wire/channel.hpp>
#include <roompp/wire/websocket_connection.hpp>

namespace roompp {

namespace detail {

/// Reads requests from a stream with websocketpp's parser, answers plain ones, and hands an accepted Upgrade, with what
/// was read of it, to a connection. `Site` answers:
/// - `response respond(const request&)`;
/// - `std::optional<response> upgrade(const request&, wire::opening&)`: a refusal, or how to open.
template <class Stream, class Site>
class http_session final : public wire::channel<http_session<Stream, Site>, Stream>,
                           public std::enable_shared_from_this<http_session<Stream, Site>> {
    using channel = wire::channel<http_session, Stream>;
    using parser = websocketpp::http::parser::request;

public:
    http_session(wire::shard& host, Stream stream, Site& site) : channel(host, std::move(stream)), site_(site) {
        expect_request();
    }

    void start() { this->start_reading(); }

    /// Answers before any request: the server is full.
    void turn_away() {
        this->start_reading();
        answer_last({503, "The server has as many connections as it allows; try again later.\n"});
    }

private:
    friend channel;

    // channel
    void received(const char* bytes, std::size_t size) {
        if (pending_.empty()) return take({bytes, size});
        pending_.append(bytes, size);
    }
    void drained() {
        const auto rest = std::move(pending_);
        pending_.clear();
        take(rest);
        if (pending_.empty() && !this->ended()) this->read_on();
    }
    void lost(const std::error_code&) {}

    // shard::guest
    void tick(wire::shard::clock::time_point now) override {
        const auto& bounds = this->host().bounds();
        if (this->has_finished_too_late(now)) return this->end_now();
        if (this->ended()) return;
        if (this->queued() != 0) {
            if (now - this->last_heard() >= bounds.keep_alive) this->end_now();  // takes nothing of its answer
        } else if (in_request_ || answered_ == 0) {
            if (now - waiting_since_ >= bounds.request_timeout)
                answer_last({408, "The request did not come in time.\n"});
        } else if (now - waiting_since_ >= bounds.keep_alive) {
            this->finish();
        }
    }
    void stop() override { this->finish(); }
    void abort() override { this->end_now(); }

    // Answers the requests in `bytes`, in order. While an answer waits to be sent, no further one is made: the rest waits.
    void take(std::string_view bytes) {
        while (!bytes.empty() && !this->ended()) {
            if (this->queued() != 0) {
                pending_.assign(bytes);
                return this->hold_reading();
            }
            if (!in_request_) {
                in_request_ = true;
                waiting_since_ = this->host().now();
            }
            try {
                if (in_body_)
                    bytes.remove_prefix(parser_.consume(bytes.data(), bytes.size()));
                else if (!take_head(bytes))
                    return;
            } catch (const websocketpp::http::exception& e) {
                return answer_last({static_cast<int>(e.m_error_code), e.m_error_msg + '\n'});
            }
            if (!parser_.ready()) continue;
            answer(bytes);
            if (this->ended()) return;
            expect_request();
        }
    }

    void expect_request() {
        in_request_ = in_body_ = false;
        waiting_since_ = this->host().now();
        parser_ = parser();
        parser_.set_max_body_size(this->host().bounds().body_bytes);
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
        head_.clear();
        in_body_ = true;
        if (!parser_.ready() && same_token(parser_.get_header("Expect"), "100-continue"))
            channel::write("HTTP/1.1 100 Continue\r\n\r\n");
        return true;
    }

    void answer(std::string_view rest) {
        if (auto problem = what_is_wrong()) return answer_last(std::move(*problem));
        request incoming(parser_, this->stream().peer_address());
        if (has_token(parser_.get_header("Upgrade"), "websocket") &&
            has_token(parser_.get_header("Connection"), "Upgrade"))
            return upgrade(incoming, rest);
        write(site_.respond(incoming), wants_keep_alive());
    }

    void upgrade(request& incoming, std::string_view rest) {
        wire::opening how;
        if (auto refusal = handshake_problem()) return answer_last(std::move(*refusal));
        if (auto refusal = site_.upgrade(incoming, how)) return answer_last(std::move(*refusal));
        const auto self = this->shared_from_this();
        auto& host = this->host();
        const auto opened = std::make_shared<wire::websocket_connection<Stream>>(host, this->release());
        opened->start(parser_, rest, std::move(how));
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

    void write(const response& what, bool keep_alive) {
        ++answered_;
        channel::write(serialize(what, parser_.get_method() != "HEAD", keep_alive));
        if (!keep_alive) this->finish();
    }
    void answer_last(const response& what) { write(what, false); }

    Site& site_;
    parser parser_;
    std::string head_;     // what has come of a head in pieces
    std::string pending_;  // came while an answer was still being sent
    wire::shard::clock::time_point waiting_since_{};
    std::size_t answered_ = 0;
    bool in_request_ = false;
    bool in_body_ = false;
};

}  // namespace detail

}  // namespace roompp
