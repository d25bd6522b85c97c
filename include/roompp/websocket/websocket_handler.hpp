#pragma once
// The hooks of a WebSocket route that has no rooms.

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/person.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The answer to a client that wants to open a WebSocket: yes, unless it is refused.
class connect_reply {
public:
    /// Answers with an HTTP status (400 to 599) and a text instead of opening the connection.
    void refuse(int status = 403, std::string text = "This connection is not allowed.\n") {
        refused_ = response(status, std::move(text));
    }
    /// Chooses one of the subprotocols that the client offered (RFC 6455, section 1.9); one that it did not offer is
    /// not sent.
    void subprotocol(std::string name) { subprotocol_ = std::move(name); }
    /// Says who the client is, for rooms: see person. By default the route's protocol decides.
    void identify(person who) { person_ = std::move(who); }
    /// Adds a header to the 101 response.
    void header(std::string name, std::string value) { headers_.emplace_back(std::move(name), std::move(value)); }

    /// For the server.
    [[nodiscard]] const std::optional<response>& refused() const noexcept { return refused_; }
    [[nodiscard]] const roompp::person& person() const noexcept { return person_; }
    [[nodiscard]] const std::string& chosen_subprotocol() const noexcept { return subprotocol_; }
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

private:
    std::optional<response> refused_;
    std::string subprotocol_;
    roompp::person person_;
    std::vector<std::pair<std::string, std::string>> headers_;
};

/// What a route without rooms does with its connections. Every hook takes the parameters shown, or some of them in the
/// same order, runs on the connection's loop, and returns the handler, so that they can be chained. An exception in a
/// hook closes that connection with 1011 and goes to on_error.
class websocket_handler {
public:
    /// A client wants to connect: `(request, connect_reply)`; may refuse, or choose a subprotocol. An accepted client may
    /// still be gone before it is open.
    template <class F>
    websocket_handler& on_connect(F&& f) {
        connect_ = std::forward<F>(f);
        return *this;
    }
    /// The connection is open: `(connection)`.
    template <class F>
    websocket_handler& on_open(F&& f) {
        open_ = std::forward<F>(f);
        return *this;
    }
    /// A message has come: `(connection, payload)`; a `std::string_view` does for the payload. The hook may be a coroutine
    /// that returns `asio::awaitable<void>`: the connection's further messages wait for it, and its payload stays valid
    /// until it ends.
    template <class F>
    websocket_handler& on_message(F&& f) {
        message_ = std::forward<F>(f);
        return *this;
    }
    /// The connection has ended, with this code and reason: `(connection, close_event)`. Called once for every
    /// connection that was open.
    template <class F>
    websocket_handler& on_close(F&& f) {
        close_ = std::forward<F>(f);
        return *this;
    }
    /// A hook has thrown: `(std::exception_ptr)`. Without this, the server's on_error is told.
    template <class F>
    websocket_handler& on_error(F&& f) {
        error_ = std::forward<F>(f);
        return *this;
    }

    /// For the server.
    [[nodiscard]] const handler<void(const request&, connect_reply&)>& connect_hook() const noexcept {
        return connect_;
    }
    [[nodiscard]] const handler<void(std::exception_ptr)>& error_hook() const noexcept { return error_; }
    [[nodiscard]] static std::unique_ptr<net::session> open(const std::shared_ptr<const websocket_handler>& hooks,
                                                            connection& opened) {
        auto opening = std::make_unique<session>(hooks, opened);
        if (hooks->open_) hooks->open_(opened);
        return opening;
    }

private:
    class session final : public net::session {
    public:
        session(std::shared_ptr<const websocket_handler> hooks, connection& its)
            : hooks_(std::move(hooks)), connection_(its) {}
        void on_message(payload received) override {
            if (!hooks_->message_) return;
            if (hooks_->message_.is_async()) return message_later(received);
            (void)hooks_->message_(connection_, received);
        }
        void on_close(const close_event& how) override {
            if (queue_) queue_->clear();
            if (hooks_->close_) hooks_->close_(connection_, how);
        }

    private:
        // The hook is a coroutine: one message after the other.
        void message_later(payload received) {
            if (!queue_) queue_ = std::make_shared<message_queue>(connection_.home());
            const auto its = connection_.shared_from_this();
            const bool taken = queue_->put(
                received, [hooks = hooks_, its](payload text) { return hooks->message_(*its, text); },
                [its](const std::exception_ptr& what) {
                    if (what) its->fail(what);
                });
            if (!taken)
                connection_.close(close_code::try_again_later, "too fast: too many messages wait to be handled");
        }

        std::shared_ptr<const websocket_handler> hooks_;
        connection& connection_;  // which owns this
        std::shared_ptr<message_queue> queue_;
    };

    handler<void(const request&, connect_reply&)> connect_;
    handler<void(connection&)> open_;
    handler<pending(connection&, payload)> message_;
    handler<void(connection&, const close_event&)> close_;
    handler<void(std::exception_ptr)> error_;
};

/// A handler that sends every message back, text as text and binary as binary.
[[nodiscard]] inline websocket_handler echo() {
    websocket_handler handler;
    handler.on_message([](connection& from, payload message) { from.send(message); });
    return handler;
}

/// The name of connect_reply before 0.2; goes with 0.3.
using acceptance [[deprecated("use roompp::connect_reply")]] = connect_reply;

ROOMPP_NAMESPACE_END
