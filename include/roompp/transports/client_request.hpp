#pragma once
// A request to a route of http_rooms: the client, and how it joins.

#include <memory>
#include <optional>
#include <string>

#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class responder;

namespace detail {

struct http_rooms_settings;

/// The client of a request, and the room that it is for. A value, handed from loop to loop.
struct client_request {
    std::string room;
    std::string client_key;  ///< of the client among those of the room: its person and its session; empty: anonymous
    join_options<net::frame_batch> join;
    std::string peer_address;
    bool is_secure = false;
};

/// Reads a request to any of the routes, and adds the headers of its response. On the loop of the HTTP connection.
/// @returns nothing if the request is refused, by its origin, the application or the protocol; then it has been answered.
[[nodiscard]] std::optional<client_request> read_client_request(const http_rooms_settings& settings, const request& req,
                                                                const responder& reply);

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/client_request.ipp>
#endif
