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
    using check = handler<void(payload, acceptance&)>;
    using opener = std::function<std::unique_ptr<net::session>(const person&)>;

    first_message_session(connection& its, std::chrono::seconds deadline, check ask, opener open)
        : connection_(its), ask_(std::move(ask)), open_(std::move(open)), deadline_(its.home().after(deadline, [&its] {
              its.close(close_code::policy_violation, "the first message did not come in time");
          })) {}

    void message(payload received) override {
        if (inner_) return inner_->message(received);
        deadline_.cancel();
        acceptance answer;
        ask_(received, answer);
        if (const auto& refused = answer.refused())
            return connection_.close(close_code::policy_violation, refused->body.substr(0, refused->body.find('\n')));
        inner_ = open_(answer.who());
        open_ = nullptr;
    }
    void flooded(payload dropped) override {
        if (inner_) inner_->flooded(dropped);
    }
    void closed(const close_event& how) override {
        if (inner_) inner_->closed(how);
    }

private:
    connection& connection_;  // which owns this
    check ask_;
    opener open_;
    loop::timer deadline_;
    std::unique_ptr<net::session> inner_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
