#pragma once
// The protocol roompp.v1: a class for routes of rooms. Its definitions use nlohmann/json.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/protocols/v1_commands.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class connect_reply;

/// The WebSocket subprotocol `roompp.v1`: JSON envelopes with message numbers, history on joining, recovery after a lost
/// connection, presence, private messages, signals and acknowledgements. docs/protocol.md specifies it. Give it to a route
/// of rooms: `server.websocket("/ws/chat/{room}/", rooms, roompp::v1_protocol())`.
///
/// The person behind a client comes from on_connect() of the route (connect_reply::identify()); otherwise from the request's
/// query: `name` to show, and `client`, a random text of 16 to 64 letters, digits, '-' or '_' that the page keeps. The public
/// id is made from `client` and a secret of the server (request::server_secret()), so that nobody can impersonate another
/// client from its public id.
///
/// A value: copies are independent. Setters belong before the protocol is given to a route; const access is thread-safe.
class v1_protocol {
public:
    /// The name that clients offer in `Sec-WebSocket-Protocol` (RFC 6455, section 1.9).
    static constexpr std::string_view subprotocol = "roompp.v1";
    using join_options_type = join_options<connection::batch_type>;

    v1_protocol();

    /// Whether clients may send private messages; true by default. Message hooks do not see them.
    v1_protocol& direct_messages(bool allowed) {
        permissions_.direct_messages = allowed;
        return *this;
    }
    /// Whether clients may send signals; true by default. Message hooks do not see them.
    v1_protocol& client_signals(bool allowed) {
        permissions_.client_signals = allowed;
        return *this;
    }
#ifndef signals  // a macro of Qt's
    [[deprecated("use client_signals()")]] v1_protocol& signals(bool allowed) { return client_signals(allowed); }
#endif

    [[nodiscard]] bool allows_direct_messages() const noexcept { return permissions_.direct_messages; }
    [[nodiscard]] bool allows_signals() const noexcept { return permissions_.client_signals; }

    /// Protocol concept: reads the person and the resume point of a request; refuses malformed ones with 400.
    void ask(const request& req, connect_reply& reply, join_options_type& options) const;

    /// Protocol concept: joins the connection to a room, and makes the session that executes its frames. On the
    /// connection's loop.
    template <class Room>
    [[nodiscard]] std::unique_ptr<net::session> open(rooms<Room> directory, const std::shared_ptr<connection>& conn,
                                                     std::string room, join_options_type options) const {
        return std::make_unique<session<Room>>(*conn, directory.join(conn, std::move(room), std::move(options)),
                                               permissions_);
    }

    /// Internal: the commands that clients may send, for other transports of this protocol.
    [[nodiscard]] const detail::v1_permissions& permissions() const noexcept { return permissions_; }

private:
    template <class Room>
    class session final : public net::session {
    public:
        session(connection& conn, typename rooms<Room>::membership membership, detail::v1_permissions permissions)
            : connection_(conn), membership_(std::move(membership)), permissions_(permissions) {}

        void on_message(payload message) override {
            detail::handle_v1_frame<Room>(
                membership_, message, permissions_, detail::v1_acks::on_request,
                [](Room&, typename Room::member& member, const std::string& frame) { member.write(frame); });
        }
        void on_rate_limited(payload dropped) override {
            connection_.send(v1_frames::rate_limited(detail::parse_v1_ack_number(dropped)));
        }
        void on_drain() override {
            if constexpr (Room::presence_type::tells)
                membership_.visit([](Room& room, typename Room::member& member) { room.show_people(member); });
        }
        void on_close(const close_event& event) override { membership_.leave(event); }

    private:
        connection& connection_;  // owns this
        typename rooms<Room>::membership membership_;
        detail::v1_permissions permissions_;
    };

    std::shared_ptr<const encoding<connection::batch_type>> encoding_;
    detail::v1_permissions permissions_;
};

/// The name of v1_protocol before 0.2; goes with 0.3.
using v1 [[deprecated("use roompp::v1_protocol")]] = v1_protocol;

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/protocols/impl/v1.ipp>
#endif
