#pragma once
// The application side of a connection: a room's membership, or the hooks of a route.

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
class connection;

namespace net {

/// Receives the messages of one connection. Owned by the connection, called on its loop, destroyed when the connection
/// has ended. An exception that a function lets out closes the connection with 1011.
class session {
public:
    session() = default;
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    virtual ~session() = default;

    /// A whole message has come. Its bytes are valid until this returns.
    virtual void on_message(payload message) = 0;
    /// A message was dropped because it exceeded the rate limits (limits::messages_per_second,
    /// limits::bytes_per_second). Tells the client if the protocol can.
    virtual void on_rate_limited(payload) {}
    /// Some shared batches were dropped because the peer was too slow (see when_slow); the send queue is empty again.
    virtual void on_drain() {}
    /// The connection has ended. The last call.
    virtual void on_close(const close_event& event) = 0;
};

/// How an accepted connection is opened.
struct accept_options {
    /// Makes the session, which receives the messages. Called once, after the handshake; an exception closes with 1011.
    std::function<std::unique_ptr<session>(const std::shared_ptr<connection>&)> open;
    /// Receives the exceptions of the session. May be empty.
    std::function<void(std::exception_ptr)> failed;
    std::string subprotocol;                                   ///< one that the client has offered, or empty
    std::vector<std::pair<std::string, std::string>> headers;  ///< further headers of the 101 response
};

}  // namespace net
ROOMPP_NAMESPACE_END
