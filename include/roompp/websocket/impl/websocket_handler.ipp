#pragma once
// Calling the hooks of one connection.

#include <exception>
#include <memory>
#include <utility>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN

class websocket_handler::session final : public net::session {
public:
    session(std::shared_ptr<const websocket_handler> hooks, connection& client)
        : hooks_(std::move(hooks)), connection_(client) {}

    void on_message(payload message) override {
        if (!hooks_->on_message_) return;
        if (hooks_->on_message_.is_async()) return enqueue(message);
        (void)hooks_->on_message_(connection_, message);
    }
    void on_close(const close_event& event) override {
        if (queue_) queue_->clear();
        if (hooks_->on_close_) hooks_->on_close_(connection_, event);
    }

private:
    // The hook is a coroutine: one message after the other.
    void enqueue(payload message) {
        if (!queue_) queue_ = std::make_shared<message_queue>(connection_.home());
        const auto client = connection_.shared_from_this();
        const bool accepted = queue_->put(
            message, [hooks = hooks_, client](payload text) { return hooks->on_message_(*client, text); },
            [client](const std::exception_ptr& error) {
                if (error) client->fail(error);
            });
        if (!accepted) connection_.close(close_code::try_again_later, "too fast: too many messages wait to be handled");
    }

    std::shared_ptr<const websocket_handler> hooks_;
    connection& connection_;  // which owns this
    std::shared_ptr<message_queue> queue_;
};

ROOMPP_DECL std::unique_ptr<net::session> websocket_handler::open(const std::shared_ptr<const websocket_handler>& hooks,
                                                                  connection& client) {
    auto opened = std::make_unique<session>(hooks, client);
    if (hooks->on_open_) hooks->on_open_(client);
    return opened;
}

ROOMPP_DECL websocket_handler echo() {
    websocket_handler handler;
    handler.on_message([](connection& client, payload message) { client.send(message); });
    return handler;
}

ROOMPP_NAMESPACE_END
