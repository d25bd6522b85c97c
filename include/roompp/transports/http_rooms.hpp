#pragma once
// Rooms over plain HTTP: polling, long polling and server-sent events beside the WebSocket, on the same rooms, with the frames
// of roompp.v1. The definitions use nlohmann/json.

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/protocols/v1.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/server.hpp>
#include <roompp/transports/http_directory.hpp>
#include <roompp/transports/http_rooms_state.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

/// Binds a state to the server's lifetime: see server::on_start().
void attach_http_rooms(server& host, const std::shared_ptr<http_rooms_state>& state);
/// Adds a route and the OPTIONS route beside it.
/// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
void add_poll_route(server& host, const std::string& path, const std::shared_ptr<http_rooms_state>& state);
void add_event_route(server& host, const std::string& path, const std::shared_ptr<http_rooms_state>& state);
void add_post_route(server& host, const std::string& path, const std::shared_ptr<http_rooms_state>& state);

}  // namespace detail

/// Opens rooms to clients without WebSockets, on the same server, port and rooms, with the same ids and history:
///
///     roompp::v1_protocol protocol;
///     server.websocket("/ws/chat/{room}/", rooms, protocol);
///     roompp::http_rooms(server, rooms, protocol)
///         .poll_route("/poll/chat/{room}/")      // GET: answered at once, or, with &wait=SECONDS, when there is news
///         .event_route("/events/chat/{room}/")   // GET: server-sent events
///         .post_route("/send/chat/{room}/");     // POST: a message of the client
///
/// docs/transports.md specifies the parameters and responses of each. Clients that poll or have a stream are members like
/// others: hooks, presence and limits are the same. The rooms need a history.
///
/// Security: on_connect() and origins() of the WebSocket route do not apply here. Set them on http_rooms as well, or a
/// protected room is open to everyone.
///
/// Limits: a request that makes a new member counts for limits::messages_per_second and bytes_per_second of its peer address,
/// since every new member would otherwise start with a full bucket; members have a rate of their own. Clients that poll take
/// at most half of limits::connections, and at most limits::connections_per_address of one address, besides the address's
/// connections.
///
/// A handle: copies are the same. Setters return it, so that they can be chained, and belong before run(), each path once.
template <class Room>
class http_rooms {
    static_assert(Room::history_type::keeps,
                  "roompp: between two polls there is nothing but the room's history: give it one, such as "
                  "roompp::basic_room<roompp::ring_history<100>>");
    static_assert(std::is_same_v<typename Room::connection_type, connection>,
                  "roompp: these rooms are for another type of member than this server's connections");

public:
    /// @param host must outlive this.
    /// @param protocol with the same settings as for the WebSocket route. A client is the same person on all transports of
    /// one server.
    http_rooms(server& host, const rooms<Room>& directory, v1_protocol protocol)
        : server_(host),
          state_(std::make_shared<detail::http_rooms_state>(
              host, std::make_unique<detail::typed_http_directory<Room>>(directory), std::move(protocol))) {
        host.attach(directory);
        detail::attach_http_rooms(host, state_);
    }

    /// Called before a client is admitted, as websocket_route::on_connect(): `(request, connect_reply)`; it may refuse the
    /// request with an HTTP status, or identify the client. Called for every poll and every message, on the loop of the
    /// request, in several threads at once if the server has them.
    template <class F>
    http_rooms& on_connect(F&& f) {
        state_->settings().on_connect = std::forward<F>(f);
        return *this;
    }
    /// Which sites' pages may use the routes, besides the server's own: see websocket_route::origins(). Requests of origins
    /// that are named may carry the user's cookies (CORS with credentials); with `*`, they may not.
    http_rooms& origins(const std::vector<std::string>& allowed) {
        state_->settings().origins = allowed;
        return *this;
    }

    /// Adds a route for GET: responds with a JSON array of frames, at once, or, with `wait=SECONDS`, when there is news.
    /// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
    http_rooms& poll_route(const std::string& path) {
        detail::add_poll_route(server_, path, state_);
        return *this;
    }
    /// Adds a route for GET: responds with `text/event-stream`, an event for each frame.
    /// @throws std::invalid_argument as poll_route().
    http_rooms& event_route(const std::string& path) {
        detail::add_event_route(server_, path, state_);
        return *this;
    }
    /// Adds a route for POST: executes a frame of a client, and responds with the frame that acknowledges it.
    /// @throws std::invalid_argument as poll_route().
    http_rooms& post_route(const std::string& path) {
        detail::add_post_route(server_, path, state_);
        return *this;
    }
    [[deprecated("use poll_route()")]] http_rooms& polls(const std::string& path) { return poll_route(path); }
    [[deprecated("use event_route()")]] http_rooms& events(const std::string& path) { return event_route(path); }
    [[deprecated("use post_route()")]] http_rooms& sends(const std::string& path) { return post_route(path); }

private:
    server& server_;
    std::shared_ptr<detail::http_rooms_state> state_;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/http_rooms.ipp>
#endif
