// expect: roompp: a room knows its people only with the policy roompp::presence
#include <roompp/rooms/rooms.hpp>

#include "support/fake_member.hpp"

void misuse() {
    using room = roompp::basic_room<roompp::of_members<fake::member>>;
    roompp::rooms<room> rooms;
    rooms.on_join([](room& joined) { (void)joined.people(); });
}
