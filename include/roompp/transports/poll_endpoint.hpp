#pragma once
// GET: polls, answered at once or held until there is news.

#include <memory>
#include <string>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/transports/client_request.hpp>
#include <roompp/transports/http_rooms_state.hpp>
#include <roompp/transports/poll_connection.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class responder;

namespace detail {

/// The handler of a poll route. A client with an identity is a member of the room from its first poll on, see poll_connection;
/// an anonymous poll is answered from the room's history. A value; copies share the state.
///
/// Threads: called on the loop of the HTTP connection; the rest happens on the room's home loop.
class poll_endpoint {
public:
    explicit poll_endpoint(std::shared_ptr<http_rooms_state> state) : state_(std::move(state)) {}

    void operator()(const request& req, const responder& reply) const;

private:
    // On the room's home loop.
    void handle_poll(loop& home, const client_request& client, poll_request poll, const responder& reply) const;
    void handle_anonymous_poll(loop& home, anonymous_poll poll) const;
    void schedule_recheck(loop& home) const;
    void recheck_polls(loop& home) const;
    [[nodiscard]] bool has_news(const anonymous_poll& poll) const;
    void answer(const anonymous_poll& poll) const;

    std::shared_ptr<http_rooms_state> state_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/poll_endpoint.ipp>
#endif
