// expect: roompp: these rooms are for another type of member than this server's connections
#include <roompp/roompp.hpp>

#include "support/fake_member.hpp"

void misuse() {
    roompp::server server;
    roompp::rooms<roompp::basic_room<roompp::of_members<fake::member>>> rooms;
    server.websocket("/ws/{room}/", rooms);
}
