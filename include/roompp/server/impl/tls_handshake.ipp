#pragma once
// Making TLS handshakes, one at a time on each loop.

#include <exception>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/net/tls_stream.hpp>
#include <roompp/server/serve.hpp>
#include <roompp/server/tls_handshake.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL tls_handshake::tls_handshake(const loop_group& loops, routing_table& routes, net::shard& host,
                                         net::tls_stream stream)
    : shard_connection(host),
      loops_(loops),
      routes_(routes),
      stream_(std::move(stream)),
      handshaking_(std::in_place, host.handshaking()),
      deadline_(host.deadline(host.limits().request_timeout)) {}

ROOMPP_DECL void tls_handshake::tick(clock::time_point now) {
    if (now >= deadline_) close();
}

ROOMPP_DECL void tls_handshake::wait(net::tls_stream::handshake_state state) {
    const auto resume = [self = shared_from_this()](const std::error_code& ec) {
        if (self->is_closed_) return;
        if (ec) return self->close();
        self->enqueue();
    };
    if (state == net::tls_stream::handshake_state::writing)
        stream_.wait_writable(resume);
    else
        stream_.wait_readable(resume);
}

ROOMPP_DECL void tls_handshake::enqueue() {
    auto& waiting = host().scratch<queue>();
    waiting.ready.push_back(shared_from_this());
    if (std::exchange(waiting.is_working, true)) return;
    host().home().post([&host = host()] { work(host); });
}

ROOMPP_DECL void tls_handshake::work(net::shard& host) {
    auto& waiting = host.scratch<queue>();
    const auto next = std::move(waiting.ready.front());
    waiting.ready.pop_front();
    waiting.is_working = !waiting.ready.empty();
    if (waiting.is_working) host.home().post([&host] { work(host); });  // before this one, which may throw
    if (!next->is_closed_) next->go_on();
}

ROOMPP_DECL void tls_handshake::go_on() {
    using state = net::tls_stream::handshake_state;
    const state reached = stream_.handshake();
    if (reached == state::done)
        serve_stream();
    else if (reached == state::reading || reached == state::writing)
        wait(reached);
    else
        refuse(reached);
}

ROOMPP_DECL void tls_handshake::serve_stream() {
    is_closed_ = true;
    handshaking_.reset();
    net::shard& shard = host();
    unregister();
    serve(loops_, routes_, shard, std::move(stream_));
}

// The client is left time to read why: closing at once, with input unread, would take back what was sent.
ROOMPP_DECL void tls_handshake::refuse(net::tls_stream::handshake_state state) {
    constexpr std::string_view plain_http_response =
        "HTTP/1.1 400 Bad Request\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 76\r\n"
        "Connection: close\r\n\r\n"
        "This port speaks HTTPS, and the request came without TLS: use an https URL.\n";
    has_failed_ = true;
    handshaking_.reset();
    if (state == net::tls_stream::handshake_state::plain_http) stream_.write_plain(plain_http_response);
    stream_.end_writing();
    deadline_ = host().deadline(host().limits().close_timeout);
    drop_input();
}

ROOMPP_DECL void tls_handshake::drop_input() {
    if (!stream_.drop_input()) return close();
    stream_.wait_readable([self = shared_from_this()](const std::error_code& ec) {
        if (self->is_closed_) return;
        if (ec) return self->close();
        self->drop_input();
    });
}

ROOMPP_DECL void tls_handshake::close() noexcept {
    if (std::exchange(is_closed_, true)) return;
    stream_.close();
    handshaking_.reset();
    unregister();
}

}  // namespace detail
ROOMPP_NAMESPACE_END
