// A server that listens and ends; its rooms are in another file, since a header must bear being included twice.
#include <roompp/roompp.hpp>

#include "rooms.hpp"

int main() {
    roompp::server server;
    server.websocket("/ws/echo/", roompp::echo());
    add_rooms(server);
    server.listen(0);
}
