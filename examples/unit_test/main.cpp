#include <chrono>
#include <cstdint>
#include <iostream>

#include <roompp/testing.hpp>  // no socket, no thread, no waiting; with a test framework, or without one as here

#include "named_rooms.hpp"

static void messages_need_a_name(std::uint64_t seed) {
    roompp::testing::world world(named_rooms(), seed);
    auto ann = world.connect("/lobby/");
    auto bob = world.connect("/lobby/");
    ann.send("hello").expect("First say who you are: /name Ann");
    bob.receive_nothing();
    ann.send("/name Ann").send("hello").expect("Ann: hello");
    bob.expect("Ann: hello");
}

static void members_without_a_name_are_closed(std::uint64_t seed) {
    roompp::testing::world world(named_rooms(), seed);
    auto ann = world.connect("/lobby/").send("/name Ann");
    auto nobody = world.connect("/lobby/");
    world.advance(std::chrono::minutes(1));  // takes no time
    if (nobody.closed().code != 4001) throw roompp::testing::failure("closed with the wrong code");
    ann.send("still here").expect("Ann: still here");
}

int main() try {
    roompp::testing::explore(100, messages_need_a_name);  // in a hundred orders of events
    roompp::testing::explore(100, members_without_a_name_are_closed);
    std::cout << "All is well.\n";
} catch (const roompp::testing::failure& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
