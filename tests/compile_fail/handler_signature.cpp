// expect: roompp: this handler can't be called: its parameters must be some of those that the hook's documentation names, in the same order
#include <roompp/rooms/rooms.hpp>

#include "support/fake_member.hpp"

void misuse() {
    roompp::rooms<roompp::basic_room<roompp::of_members<fake::member>>> rooms;
    rooms.on_message([](int* message) { *message = 1; });
}
