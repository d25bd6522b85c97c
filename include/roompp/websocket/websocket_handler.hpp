#pragma once
// The hooks of a WebSocket route without rooms.

#include <exception>
#include <memory>
#include <utility>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/websocket/connect_reply.hpp>

ROOMPP_NAMESPACE_BEGIN

/// What a route without rooms does with its connections. Every hook takes the parameters shown, or some of them in the
/// same order, runs on the connection's loop, and returns the handler, so that setters can be chained. An exception in
/// a hook closes the connection with 1011 and goes to on_error.
class websocket_handler {
public:
    /// A client wants to connect: `(request, connect_reply)`. May refuse, or choose a subprotocol. An accepted client
    /// may still be gone before it is open.
    template <class F>
    websocket_handler& on_connect(F&& f) {
        on_connect_ = std::forward<F>(f);
        return *this;
    }
    /// The connection is open: `(connection)`.
    template <class F>
    websocket_handler& on_open(F&& f) {
        on_open_ = std::forward<F>(f);
        return *this;
    }
    /// A message has come: `(connection, payload)`; a `std::string_view` does for the payload. The hook may be a
    /// coroutine that returns `asio::awaitable<void>`: the connection's further messages wait for it, and its payload
    /// stays valid until it ends.
    template <class F>
    websocket_handler& on_message(F&& f) {
        on_message_ = std::forward<F>(f);
        return *this;
    }
    /// The connection has ended, with this code and reason: `(connection, close_event)`. Called once for every
    /// connection that was open.
    template <class F>
    websocket_handler& on_close(F&& f) {
        on_close_ = std::forward<F>(f);
        return *this;
    }
    /// A hook has thrown: `(std::exception_ptr)`. Without this hook, the server's on_error is called.
    template <class F>
    websocket_handler& on_error(F&& f) {
        on_error_ = std::forward<F>(f);
        return *this;
    }

    /// For the server: the hook of on_connect().
    [[nodiscard]] const handler<void(const request&, connect_reply&)>& connect_hook() const noexcept {
        return on_connect_;
    }
    /// For the server: the hook of on_error().
    [[nodiscard]] const handler<void(std::exception_ptr)>& error_hook() const noexcept { return on_error_; }
    /// For the server: makes the session of an open connection.
    [[nodiscard]] static std::unique_ptr<net::session> open(const std::shared_ptr<const websocket_handler>& hooks,
                                                            connection& client);

private:
    class session;

    handler<void(const request&, connect_reply&)> on_connect_;
    handler<void(connection&)> on_open_;
    handler<pending(connection&, payload)> on_message_;
    handler<void(connection&, const close_event&)> on_close_;
    handler<void(std::exception_ptr)> on_error_;
};

/// A handler that sends every message back, text as text and binary as binary.
[[nodiscard]] websocket_handler echo();

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/websocket_handler.ipp>
#endif
