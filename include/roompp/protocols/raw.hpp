#pragma once
// How the clients of a route speak with a room.

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The protocol of rooms that are not told otherwise: what a client sends is a message as it is, and so is what it gets.
///
/// A protocol is any type with these three members. A copy is kept by the route and used in several threads at once.
struct raw_protocol {
    /// The WebSocket subprotocol (RFC 6455, section 1.9) for which a client asks; empty: the one for clients that ask for
    /// none of the route's.
    static constexpr std::string_view subprotocol{};

    /// Reads from the request how the client wants to be in the room; may refuse it.
    void ask(const request&, connect_reply&, join_options<connection::batch_type>&) const {}

    /// Puts the connection into the room, and makes what receives its messages. On the connection's loop.
    template <class Room>
    [[nodiscard]] std::unique_ptr<net::session> open(rooms<Room> directory, const std::shared_ptr<connection>& opened,
                                                     std::string room, join_options<connection::batch_type> how) const {
        return std::make_unique<session<Room>>(directory.join(opened, std::move(room), std::move(how)));
    }

private:
    template <class Room>
    class session final : public net::session {
    public:
        explicit session(typename rooms<Room>::membership joined) : membership_(std::move(joined)) {}
        void on_message(payload received) override { membership_.receive(received); }
        void on_close(const close_event& how) override { membership_.leave(how); }

    private:
        typename rooms<Room>::membership membership_;
    };
};

namespace detail {

/// How a route opens its connections into rooms: with the first of its protocols that the client offers, or else the one
/// for clients that offer none of them, or else raw_protocol.
template <class Room, class... Protocols>
class room_route {
public:
    room_route(rooms<Room> directory, Protocols... protocols)
        : directory_(std::move(directory)), protocols_(std::move(protocols)...) {}

    [[nodiscard]] websocket_route::session_factory operator()(const request& from, connect_reply& answer) const {
        websocket_route::session_factory opens;
        std::apply([&](const auto&... one) { (void)(... || take(one, from, answer, opens)); }, protocols_);
        if (!opens)
            std::apply([&](const auto&... one) { (void)(... || take_default(one, from, answer, opens)); }, protocols_);
        if (!opens) opens = opens_with(raw_protocol(), from, answer);
        return opens;
    }

private:
    template <class Protocol>
    bool take(const Protocol& one, const request& from, connect_reply& answer,
              websocket_route::session_factory& opens) const {
        if (Protocol::subprotocol.empty() || !offers(from, Protocol::subprotocol)) return false;
        answer.subprotocol(std::string(Protocol::subprotocol));
        opens = opens_with(one, from, answer);
        return true;
    }
    template <class Protocol>
    bool take_default(const Protocol& one, const request& from, connect_reply& answer,
                      websocket_route::session_factory& opens) const {
        if (!Protocol::subprotocol.empty()) return false;
        opens = opens_with(one, from, answer);
        return true;
    }
    template <class Protocol>
    websocket_route::session_factory opens_with(const Protocol& speaks, const request& from,
                                                connect_reply& answer) const {
        join_options<connection::batch_type> how;
        how.person = answer.person();
        how.close_on_leave = true;
        speaks.ask(from, answer, how);
        return [speaks, directory = directory_, room = room_name(from), how = std::move(how)](
                   const std::shared_ptr<connection>& opened, const person& who) {
            auto its = how;
            if (!who.id.empty() || !who.name.empty()) its.person = who;
            return speaks.open(directory, opened, room, std::move(its));
        };
    }

    rooms<Room> directory_;
    std::tuple<Protocols...> protocols_;
};

}  // namespace detail

/// The name of raw_protocol before 0.2; goes with 0.3.
using bare_protocol [[deprecated("use roompp::raw_protocol")]] = raw_protocol;

ROOMPP_NAMESPACE_END
