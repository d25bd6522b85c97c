#pragma once
// The state behind the routes of http_rooms: settings, and the clients of each loop.

#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/rate_limiter.hpp>
#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/protocols/v1.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/transports/client_request.hpp>
#include <roompp/transports/http_directory.hpp>
#include <roompp/transports/http_member.hpp>
#include <roompp/transports/http_rooms_settings.hpp>
#include <roompp/transports/poll_connection.hpp>

ROOMPP_NAMESPACE_BEGIN

class server;
namespace net {
class shard;
}

namespace detail {

/// The member that executes what a client posts: of its event stream, or of its polling.
struct http_sender {
    std::weak_ptr<http_member> member;  ///< expired once the client has left
    loop* home = nullptr;               ///< of the member
};

/// The clients of one room that have no WebSocket, by client_request::client_key.
struct room_clients {
    std::map<std::string, std::shared_ptr<poll_connection>> polling;
    std::map<std::string, http_sender> senders;
};

/// A poll without an identity that is held: answered from the room's history alone, by no member.
struct anonymous_poll {
    std::string room;
    poll_request request;
    responder reply;
    loop::clock::time_point deadline;
};

/// What belongs to one loop: the clients of the rooms that live there.
struct shard_state {
    std::map<std::string, room_clients> rooms;  ///< rooms with clients only
    std::vector<anonymous_poll> anonymous_polls;
    loop::timer recheck_timer;                ///< runs while there are anonymous polls
    address_rate_limiter new_client_limiter;  ///< every new client would otherwise start with a full bucket
    std::size_t polling_count = 0;            ///< of all its rooms
};

/// Everything behind the routes of one http_rooms.
///
/// Ownership: shared by the routes, by tasks on their way between loops, and by each poll_connection until it has ended. Owns
/// the clients that poll; an event stream owns itself, and is known here by a weak sender. Must not outlive the server, whose
/// on_start() and on_stop() hooks begin and end it.
///
/// Threads: the settings are written before run() and only read afterwards. A shard_state belongs to its loop: request
/// handlers run on the loop of the HTTP connection, and everything that concerns a room is dispatched to the room's home loop
/// with the request's data by value. A client that polls lives on the room's home loop; a stream on the loop of its HTTP
/// connection, so that its posts take a second hop.
class http_rooms_state : public std::enable_shared_from_this<http_rooms_state> {
public:
    http_rooms_state(server& host, std::unique_ptr<const http_directory> directory, v1_protocol protocol);

    /// The settings; not to be changed after start().
    [[nodiscard]] http_rooms_settings& settings() noexcept { return settings_; }
    [[nodiscard]] const http_rooms_settings& settings() const noexcept { return settings_; }
    /// The rooms.
    [[nodiscard]] const http_directory& directory() const noexcept { return *directory_; }
    /// The encoding of members with an event stream.
    [[nodiscard]] const std::shared_ptr<const encoding<net::frame_batch>>& event_encoding() const noexcept {
        return event_encoding_;
    }

    // ---- the server's loops

    /// Creates the state of each loop. Before the first request.
    void start(const std::vector<net::shard*>& shards);
    /// Lets all clients that poll leave, and drops the state of the loops. When no loop runs any more.
    void stop();

    /// The limits of the server. After start().
    [[nodiscard]] const roompp::limits& limits() const;
    /// The time by which at least `delay` has passed on that loop, however coarse its clock is.
    [[nodiscard]] loop::clock::time_point deadline(const loop& home, loop::clock::duration delay) const;
    /// A member for a new client, see http_member.
    [[nodiscard]] std::shared_ptr<http_member> make_member(bool has_stream) const;
    /// Reports exceptions to the server's on_error. Valid as long as the server.
    [[nodiscard]] std::function<void(std::exception_ptr)> error_reporter() const;

    // ---- clients; all on `home`, the home loop of the room

    /// What belongs to that loop.
    [[nodiscard]] shard_state& local(const loop& home) { return shard_states_[home.index()]; }

    /// The client that polls; null if there is none.
    [[nodiscard]] std::shared_ptr<poll_connection> find_polling(const loop& home, const std::string& room,
                                                                const std::string& client_key) const;
    /// The client that polls, which joins the room if it is new.
    /// @param frame the request's body, which counts for the rate limit of new clients and whose `ack` a refusal carries;
    /// empty if there is none.
    /// @returns null if a new client is refused; then the request has been answered.
    [[nodiscard]] std::shared_ptr<poll_connection> find_or_add_polling(loop& home, const client_request& client,
                                                                       std::string_view frame, const responder& reply);

    /// The sender of a client; null if there is none, or it has left.
    [[nodiscard]] const http_sender* find_sender(const loop& home, const std::string& room,
                                                 const std::string& client_key) const;
    /// Registers a sender; replaces an earlier one of the same client.
    void add_sender(const loop& home, const std::string& room, const std::string& client_key, http_sender sender);
    /// Removes the sender of a client, unless another member has taken its place.
    void remove_sender(const loop& home, const std::string& room, const std::string& client_key,
                       const http_member* member);

private:
    [[nodiscard]] const room_clients* find_clients(const loop& home, const std::string& room) const;
    // Whether a new client may poll; answers the request if not.
    [[nodiscard]] bool admit_polling(loop& home, const client_request& client, std::string_view frame,
                                     const responder& reply);
    void remove_polling(const loop& home, const std::string& room, const std::string& client_key,
                        const http_member* member);

    server& server_;
    std::unique_ptr<const http_directory> directory_;
    http_rooms_settings settings_;
    std::shared_ptr<const encoding<net::frame_batch>> event_encoding_;
    std::shared_ptr<const encoding<net::frame_batch>> poll_encoding_;
    std::vector<net::shard*> shards_;
    net::connection_limiter polling_by_address_;  // see limits::connections_per_address; outlives the clients
    std::vector<shard_state> shard_states_;       // by loop::index(); empty once the server has ended
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/http_rooms_state.ipp>
#endif
