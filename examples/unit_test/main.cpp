// Tests of named_rooms.hpp: no socket, no thread, no waiting. A test framework is welcome, but not needed.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>

#include <roompp/testing.hpp>

#include "named_rooms.hpp"

using namespace std::chrono_literals;

static void nobody_is_heard_without_a_name(std::uint64_t seed) {
    roompp::testing::world world(named_rooms(), seed);
    auto ann = world.connect("/lobby/");
    auto bob = world.connect("/lobby/");
    ann.send("hello").expect("First say who you are: /name Ann");
    bob.receive_nothing();
    ann.send("/name Ann").send("hello").expect("Ann: hello");
    bob.expect("Ann: hello");
}

static void who_has_no_name_has_to_go(std::uint64_t seed) {
    roompp::testing::world world(named_rooms(), seed);
    auto ann = world.connect("/lobby/").send("/name Ann");
    auto nobody = world.connect("/lobby/");
    world.advance(1min);  // takes no time
    if (nobody.closed().code != 4001) throw roompp::testing::failure("closed with the wrong code");
    ann.send("still here").expect("Ann: still here");
}

int main() {
    try {
        roompp::testing::explore(100, nobody_is_heard_without_a_name);  // in a hundred orders of events
        roompp::testing::explore(100, who_has_no_name_has_to_go);
        std::puts("All is well.");
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
