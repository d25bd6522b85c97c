#pragma once
// Connections that have to say who they are before anything else.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <roompp/core/close.hpp>
#include <roompp/core/handler.hpp>
#include <roompp/core/loop.hpp>
#include <roompp/core/payload.hpp>
#include <roompp/server/websocket_handler.hpp>
#include <roompp/wire/connection.hpp>
#include <roompp/wire/session.hpp>

namespace roompp::detail {

/// Waits for a connection's first message, has it checked, and only then opens what the connection came for.
class first_message_session final : public wire::session {
public:
    using check = handler<void(payload, acceptance&)>;
    using opener = std::function<std::unique_ptr<wire::session>(const person&)>;

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
    std::unique_ptr<wire::session> inner_;
};

}  // namespace roompp::detail
