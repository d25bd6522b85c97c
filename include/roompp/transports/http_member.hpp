#pragma once
// A client's membership in a room, by an event stream or by polling, without the type of the room.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <roompp/base/close.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/rate_limiter.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/protocols/v1_commands.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/transports/poll_connection.hpp>
#include <roompp/transports/post_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A client's membership in one room over HTTP: receives its messages by POST. The type of the room is known to
/// typed_http_member, which derives from this.
///
/// Owned by the session of the client's connection; belongs to the loop of that connection, which is the room's home loop for
/// clients that poll.
class http_member {
public:
    /// @param limits must outlive this.
    /// @param has_stream whether the client has an event stream. Then a message with an `ack` number is acknowledged there as
    /// well, in order: a client to which its own messages are not broadcast can tell that its stream delivers.
    http_member(v1_permissions permissions, const limits& limits, bool has_stream)
        : permissions_(permissions), limits_(limits), has_stream_(has_stream) {}
    http_member(const http_member&) = delete;
    http_member& operator=(const http_member&) = delete;
    virtual ~http_member() = default;

    /// Joins a room. Once.
    void join(const std::shared_ptr<connection>& conn, std::string room, join_options<net::frame_batch> options);

    /// Executes a frame that the client has posted, if it is in the room and within its rate limits.
    void handle_post(const std::string& frame, const std::shared_ptr<post_reply>& reply, loop::clock::time_point now);

    /// Ends the membership.
    virtual void leave(const close_event& event) = 0;

    // Of clients that poll: what the room tells them. Call on the room's home loop.

    /// Whether a client at that point has all messages; true once it has left the room.
    [[nodiscard]] virtual bool is_up_to_date(const resume_point& point) = 0;
    /// The history frame, see poll_source::history(); empty if the client is not in the room.
    [[nodiscard]] virtual std::string history(const resume_point* point, std::size_t limit) = 0;
    /// The presence frame; empty without presence, or if the client is not in the room.
    [[nodiscard]] virtual std::string presence() = 0;

private:
    virtual void do_join(const std::shared_ptr<connection>& conn, std::string room,
                         join_options<net::frame_batch> options) = 0;
    virtual void execute(v1_command command, const std::shared_ptr<post_reply>& reply, bool has_stream) = 0;

    v1_permissions permissions_;
    const limits& limits_;
    bool has_stream_;
    std::weak_ptr<connection> connection_;
    rate_limiter rate_limiter_;
};

/// The session of an event stream: ends the membership with the stream.
/// @param on_end called after that, on the stream's loop.
[[nodiscard]] std::unique_ptr<net::session> make_stream_session(std::shared_ptr<http_member> member,
                                                                std::function<void()> on_end);

/// The room side of a client that polls.
[[nodiscard]] std::unique_ptr<poll_source> make_poll_source(std::shared_ptr<http_member> member);

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/http_member.ipp>
#endif
