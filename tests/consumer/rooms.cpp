#include "rooms.hpp"

void add_rooms(roompp::server& server) {
    static roompp::rooms<> rooms;
    server.websocket("/ws/chat/{room}/", rooms);
}
