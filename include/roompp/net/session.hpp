#pragma once
// What stands behind a connection: a room's membership, or the hooks of a route.

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
ROOMPP_NAMESPACE_END

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The receiver of one connection's messages; owned by the connection, called on its loop, destroyed when it has ended.
class session {
public:
    session() = default;
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    virtual ~session() = default;

    virtual void on_message(payload received) = 0;
    /// A message came faster than the limits allow, and is dropped; says so, if the protocol has a way to.
    virtual void on_rate_limited(payload) {}
    /// Some of what was for many was dropped, for the peer was too slow (see when_slow); now nothing waits for it any more.
    virtual void on_drain() {}
    /// The last call: the connection has ended.
    virtual void on_close(const close_event& how) = 0;
};

/// What a connection is started with.
struct accept_options {
    /// Called once the handshake is done; what it returns receives the messages. May throw: then 1011.
    std::function<std::unique_ptr<session>(const std::shared_ptr<connection>&)> open;
    /// Told of exceptions of the session.
    std::function<void(std::exception_ptr)> failed;
    std::string subprotocol;                                   ///< one that the client offered, or empty
    std::vector<std::pair<std::string, std::string>> headers;  ///< further headers of the 101 response
};

}  // namespace net
ROOMPP_NAMESPACE_END
