#pragma once
// A session that waits for its first message.

#include <chrono>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/websocket/connect_reply.hpp>
#include <roompp/websocket/first_message.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL first_message_session::first_message_session(connection& client, std::chrono::seconds deadline,
                                                         check validate, session_factory open)
    : connection_(client),
      validate_(std::move(validate)),
      open_(std::move(open)),
      deadline_(client.home().after(deadline, [&client] {
          client.close(close_code::policy_violation, "the first message did not come in time");
      })) {}

ROOMPP_DECL void first_message_session::on_message(payload message) {
    if (session_) return session_->on_message(message);
    deadline_.cancel();
    connect_reply reply;
    validate_(message, reply);
    if (const auto& refusal = reply.refused())
        return connection_.close(close_code::policy_violation, refusal->body.substr(0, refusal->body.find('\n')));
    session_ = open_(reply.person());
    open_ = nullptr;
}

ROOMPP_DECL void first_message_session::on_rate_limited(payload dropped) {
    if (session_) session_->on_rate_limited(dropped);
}

ROOMPP_DECL void first_message_session::on_drain() {
    if (session_) session_->on_drain();
}

ROOMPP_DECL void first_message_session::on_close(const close_event& event) {
    if (session_) session_->on_close(event);
}

}  // namespace detail
ROOMPP_NAMESPACE_END
