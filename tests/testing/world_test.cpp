// A world's start and end.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

TEST_CASE("Leave hooks run when the world ends", "[testing]") {
    int left = 0;
    roompp::rooms<> rooms;
    rooms.on_leave([&] { ++left; });
    {
        t::world world(rooms);
        const auto first_client = world.connect("/a/");
        const auto second_client = world.connect("/a/");
        CHECK(left == 0);
    }
    CHECK(left == 2);
    CHECK(rooms.size() == 0);
}

TEST_CASE("A world can end with clients in every state", "[testing]") {
    roompp::server server;
    server.websocket("/ws/", roompp::echo());
    t::world world(server);
    auto idle = world.client("/ws/");
    auto starting = world.client("/ws/").start_connecting();
    auto busy = world.connect("/ws/");
    busy.pause_reading().send(std::string(1'000'000, 'x'));
    auto closing = world.connect("/ws/").answer_close(false);
    closing.close();
    auto polling = world.http();
    polling.send_bytes("GET / HT");
    world.stop();
    SUCCEED();
}

TEST_CASE("A server is in one world at a time", "[testing]") {
    roompp::server server;
    server.websocket("/", roompp::echo());
    {
        const t::world first(server);
        CHECK_THROWS_AS(t::world(server), std::logic_error);
    }
    const t::world second(server);
    CHECK(second.connect("/").send("again").receive() == "again");
}

TEST_CASE("A world can be made by a function", "[testing]") {
    const auto make = [](std::uint64_t seed) {
        t::world made(roompp::echo(), seed);
        made.max_steps(1'000'000);
        return made;
    };
    auto world = make(7);
    auto moved = std::move(world);
    CHECK(moved.seed() == 7);
    moved.connect("/").send("x").expect("x");
}

TEST_CASE("Rooms can be used from the test", "[testing]") {
    roompp::rooms<> rooms;
    t::world world(rooms);
    auto ann = world.connect("/lobby/");
    rooms.broadcast("lobby", "from outside");
    CHECK(ann.receive() == "from outside");
    std::size_t size = 0;
    CHECK(rooms.with("lobby", [&](auto& room) { size = room.size(); }));
    world.settle();
    CHECK(size == 1);
}
