#pragma once
// The requirements on a protocol, written down and checked.

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;
class connect_reply;

/// A type can be a protocol of a route of rooms (see server::websocket()) if it is copyable and has
/// - `static constexpr std::string_view subprotocol`: the WebSocket subprotocol (RFC 6455, section 1.9) that clients offer to
///   get it; empty for the protocol of clients that offer none of the route's;
/// - `void ask(const request&, connect_reply&, join_options<connection::batch_type>&) const`: reads from the request how the
///   client joins: its person, encoding and resume point; may refuse it. On the connection's loop, before the handshake;
/// - `template <class Room> std::unique_ptr<net::session> open(rooms<Room>, const std::shared_ptr<connection>&, std::string
///   room, join_options<connection::batch_type>) const`: joins the connection to the room, and makes the session that
///   receives its messages. On the connection's loop, after the handshake; an exception closes the connection with 1011.
///
/// The route keeps a copy and uses it in several threads at once, so both functions are const. raw_protocol is the smallest
/// example. check() fails to compile with a message that names what is missing.
template <class Protocol, class Room>
struct protocol_concept {
private:
    using options = join_options<connection::batch_type>;
    template <class P>
    using subprotocol_of = std::enable_if_t<std::is_convertible_v<decltype(P::subprotocol), std::string_view>>;
    template <class P>
    using ask_of = decltype(std::declval<const P&>().ask(std::declval<const request&>(), std::declval<connect_reply&>(),
                                                         std::declval<options&>()));
    template <class P>
    using open_of = std::enable_if_t<
        std::is_convertible_v<decltype(std::declval<const P&>().open(
                                  std::declval<rooms<Room>>(), std::declval<const std::shared_ptr<connection>&>(),
                                  std::declval<std::string>(), std::declval<options>())),
                              std::unique_ptr<net::session>>>;

    template <template <class> class Has, class P, class = void>
    struct has : std::false_type {};
    template <template <class> class Has, class P>
    struct has<Has, P, std::void_t<Has<P>>> : std::true_type {};

public:
    static constexpr bool conforms() {
        static_assert(std::is_copy_constructible_v<Protocol>,
                      "roompp: a protocol must be copyable: its route keeps a copy (see protocol_concept)");
        static_assert(
            has<subprotocol_of, Protocol>::value,
            "roompp: a protocol needs 'static constexpr std::string_view subprotocol' (see protocol_concept)");
        static_assert(has<ask_of, Protocol>::value,
                      "roompp: a protocol needs 'void ask(const request&, connect_reply&, "
                      "join_options<connection::batch_type>&) const' (see protocol_concept)");
        static_assert(
            has<open_of, Protocol>::value,
            "roompp: a protocol needs 'template <class Room> std::unique_ptr<net::session> open(rooms<Room>, "
            "const std::shared_ptr<connection>&, std::string room, join_options<connection::batch_type>) const' "
            "(see protocol_concept)");
        return true;
    }
};

ROOMPP_NAMESPACE_END
