// expect: roompp: a protocol needs 'template <class Room> std::unique_ptr<net::session> open(
#include <string_view>

#include <roompp/roompp.hpp>

struct mute {
    static constexpr std::string_view subprotocol = "mute";
    void ask(const roompp::request&, roompp::connect_reply&,
             roompp::join_options<roompp::connection::batch_type>&) const {}
};

void misuse(roompp::server& server) { server.websocket("/{room}/", roompp::rooms<>(), mute()); }
