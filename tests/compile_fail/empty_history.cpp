// expect: roompp: a history of no messages is roompp::no_history
#include <roompp/rooms/rooms.hpp>

#include "support/fake_member.hpp"

roompp::rooms<roompp::basic_room<roompp::of_members<fake::member>, roompp::ring_history<0>>> misuse;
