#pragma once
// GET: event streams of rooms.

#include <memory>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/transports/http_rooms_state.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class responder;

namespace detail {

/// The handler of an event route: the client becomes a member of the room until its stream ends, see event_stream. A value;
/// copies share the state.
///
/// Threads: the stream lives on the loop of the HTTP connection; the client is registered as a sender on the room's home loop.
class event_endpoint {
public:
    explicit event_endpoint(std::shared_ptr<http_rooms_state> state) : state_(std::move(state)) {}

    void operator()(const request& req, const responder& reply) const;

private:
    std::shared_ptr<http_rooms_state> state_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/event_endpoint.ipp>
#endif
