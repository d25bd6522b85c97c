// expect: roompp: every template argument of basic_room must be a policy, such as roompp::ring_history<100>
#include <string>

#include <roompp/rooms/rooms.hpp>

#include "support/fake_member.hpp"

roompp::rooms<roompp::basic_room<roompp::of_members<fake::member>, int, std::string>> misuse;
