// Worlds with ten thousand clients.

#include <cstddef>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

TEST_CASE("Ten thousand conversations lose nothing", "[testing]") {
    std::size_t joined = 0;
    std::size_t left = 0;
    roompp::rooms<> rooms;
    rooms.on_join([&] { ++joined; });
    rooms.on_leave([&] { ++left; });
    t::world world(rooms);
    auto witness = world.connect("/all/");
    std::size_t successes = 0;
    for (int i = 0; i < 10'000; ++i) {
        auto client = world.connect("/all/");
        const std::string text = "I am " + std::to_string(i);
        client.send(text);
        successes += client.receive() == text && witness.receive() == text;
        client.close();
        successes += client.closed().code == 1000;
    }
    witness.receive_nothing();
    CHECK(successes == 20'000);
    CHECK(joined == 10'001);
    CHECK(left == 10'000);
}

TEST_CASE("Ten thousand members can be connected at the same time", "[testing]") {
    const roompp::rooms<> rooms;
    t::world world(rooms);
    std::vector<t::client> members;
    for (int i = 0; i < 10'000; ++i)
        members.push_back(world.client("/" + std::to_string(i % 100) + "/").start_connecting());
    world.settle();
    CHECK(rooms.size() == 100);
    for (int i = 0; i < 100; ++i) members[static_cast<std::size_t>(i)].send("to the room");
    std::size_t successes = 0;
    for (auto& client : members) successes += client.receive() == "to the room";
    CHECK(successes == members.size());
}
