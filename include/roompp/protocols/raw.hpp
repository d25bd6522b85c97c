#pragma once
// The protocol without any envelope: a message is the payload of a frame.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class connect_reply;

/// The default protocol of a route of rooms: messages go both ways as they are, text as text and binary as binary. The
/// smallest example of a protocol, see protocol_concept.
struct raw_protocol {
    /// Empty: for clients that offer none of the route's subprotocols.
    static constexpr std::string_view subprotocol{};

    /// Protocol concept: nothing to read from the request.
    void ask(const request&, connect_reply&, join_options<connection::batch_type>&) const {}

    /// Protocol concept: joins the connection to a room, and makes the session that passes its messages on. On the
    /// connection's loop.
    template <class Room>
    [[nodiscard]] std::unique_ptr<net::session> open(rooms<Room> directory, const std::shared_ptr<connection>& conn,
                                                     std::string room,
                                                     join_options<connection::batch_type> options) const {
        return std::make_unique<session<Room>>(directory.join(conn, std::move(room), std::move(options)));
    }

private:
    template <class Room>
    class session final : public net::session {
    public:
        explicit session(typename rooms<Room>::membership membership) : membership_(std::move(membership)) {}
        void on_message(payload message) override { membership_.receive(message); }
        void on_close(const close_event& event) override { membership_.leave(event); }

    private:
        typename rooms<Room>::membership membership_;
    };
};

/// The name of raw_protocol before 0.2; goes with 0.3.
using bare_protocol [[deprecated("use roompp::raw_protocol")]] = raw_protocol;

ROOMPP_NAMESPACE_END
