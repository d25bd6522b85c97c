// expect: roompp: a room can have only one policy of each kind, such as one history
#include <roompp/rooms/rooms.hpp>

#include "support/fake_member.hpp"

roompp::rooms<roompp::basic_room<roompp::ring_history<10>, roompp::of_members<fake::member>, roompp::no_history>>
    misuse;
