#pragma once
// POST: the messages of clients, answered by the frame that acknowledges them.

#include <memory>
#include <string>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/http/response.hpp>
#include <roompp/transports/client_request.hpp>
#include <roompp/transports/http_rooms_state.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class responder;

namespace detail {

/// The handler of a post route: executes a frame for the member of the client's event stream or polling; a client without
/// either joins first, as by a poll, and an anonymous one leaves again after its message. A value; copies share the state.
///
/// Threads: called on the loop of the HTTP connection; finds the member on the room's home loop; executes the frame on the
/// member's loop.
class post_endpoint {
public:
    explicit post_endpoint(std::shared_ptr<http_rooms_state> state) : state_(std::move(state)) {}

    void operator()(const request& req, const responder& reply) const;

    /// The response to a request whose body exceeds limits::message_bytes.
    [[nodiscard]] response too_large(const request& req) const;

private:
    // On the room's home loop.
    void post_to_room(loop& home, client_request client, std::string frame, const responder& reply) const;

    std::shared_ptr<http_rooms_state> state_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/post_endpoint.ipp>
#endif
