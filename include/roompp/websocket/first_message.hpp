#pragma once
// Authenticates a connection by its first message.

#include <chrono>
#include <functional>
#include <memory>

#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/websocket/connect_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Authenticates a connection by its first message, then opens the actual session. Owned by the connection.
class first_message_session final : public net::session {
public:
    using check = handler<void(payload, connect_reply&)>;
    using session_factory = std::function<std::unique_ptr<net::session>(const person&)>;

    /// @param deadline how long the first message may take; then the connection is closed with 1008.
    /// @param validate identifies the client or refuses it: then the connection is closed with 1008.
    /// @param open makes the actual session.
    first_message_session(connection& client, std::chrono::seconds deadline, check validate, session_factory open);

    void on_message(payload message) override;
    void on_rate_limited(payload dropped) override;
    void on_drain() override;
    void on_close(const close_event& event) override;

private:
    connection& connection_;  // which owns this
    check validate_;
    session_factory open_;
    loop::timer deadline_;
    std::unique_ptr<net::session> session_;  // null until the client is identified
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/first_message.ipp>
#endif
