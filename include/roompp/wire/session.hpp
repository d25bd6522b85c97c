#pragma once
// What stands behind a connection: a room's membership, or the hooks of a route.

#include <roompp/core/close.hpp>
#include <roompp/core/payload.hpp>

namespace roompp::wire {

/// The receiver of one connection's messages; owned by the connection, called on its loop, destroyed when it has ended.
class session {
public:
    session() = default;
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    virtual ~session() = default;

    virtual void message(payload received) = 0;
    /// The last call: the connection has ended.
    virtual void closed(const close_event& how) = 0;
};

}  // namespace roompp::wire
