// expect: roompp: this handler can't be called: its parameters must be some of those that the hook's documentation names, in the same order
#include <roompp/rooms/rooms.hpp>

#include "support/fake_member.hpp"

void misuse() {
    using room = roompp::basic_room<roompp::of_members<fake::member>>;
    roompp::rooms<room> rooms;
    rooms.on_admit([](roompp::join_reply& answer, room&) { answer.refuse(); });  // in the wrong order
}
