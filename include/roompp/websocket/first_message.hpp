#pragma once
// Connections that have to say who they are before anything else.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Waits for a connection's first message, has it checked, and only then opens what the connection came for.
class first_message_session final : public net::session {
public:
    using check = handler<void(payload, connect_reply&)>;
    using session_factory = std::function<std::unique_ptr<net::session>(const person&)>;

    first_message_session(connection& its, std::chrono::seconds deadline, check ask, session_factory open)
        : connection_(its), ask_(std::move(ask)), open_(std::move(open)), deadline_(its.home().after(deadline, [&its] {
              its.close(close_code::policy_violation, "the first message did not come in time");
          })) {}

    void on_message(payload received) override {
        if (inner_) return inner_->on_message(received);
        deadline_.cancel();
        connect_reply answer;
        ask_(received, answer);
        if (const auto& refused = answer.refused())
            return connection_.close(close_code::policy_violation, refused->body.substr(0, refused->body.find('\n')));
        inner_ = open_(answer.person());
        open_ = nullptr;
    }
    void on_rate_limited(payload dropped) override {
        if (inner_) inner_->on_rate_limited(dropped);
    }
    void on_close(const close_event& how) override {
        if (inner_) inner_->on_close(how);
    }

private:
    connection& connection_;  // which owns this
    check ask_;
    session_factory open_;
    loop::timer deadline_;
    std::unique_ptr<net::session> inner_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
