// expect: roompp: this handler can't be called: its parameters must be some of those that the hook's documentation names, in the same order
#include <roompp/roompp.hpp>

void misuse() {
    using room = roompp::basic_room<roompp::ring_history<10>, roompp::presence>;
    roompp::rooms<room> rooms;
    rooms.on_message([](room::member&, room&, roompp::payload) {});  // in the wrong order
}
