// Faults of the network.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("Short and refused writes lose nothing", "[testing]") {
    for (std::size_t bytes = 0; bytes < 12; ++bytes) {
        CAPTURE(bytes);
        t::world world(roompp::echo());
        auto client = world.connect("/");
        for (int i = 0; i < 5; ++i) client.next_write(t::fault::only(bytes)).next_write(t::fault::refuse());
        for (int i = 0; i < 20; ++i) {
            client.send(std::to_string(i) + " hello");
            client.expect(std::to_string(i) + " hello");
        }
    }
}

TEST_CASE("A delayed write arrives in time, and later writes after it", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.next_write(t::fault::delay(5s));
    client.send("late");
    client.receive_nothing();
    client.send("later");
    world.advance(4s);
    client.receive_nothing();
    world.advance(1s);
    CHECK(client.receive() == "late");
    CHECK(client.receive() == "later");
}

TEST_CASE("A delay neither holds up earlier writes nor is cut by a shorter one", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.send("before").pause_reading();
    world.settle();  // it is written, and not taken yet
    client.next_write(t::fault::delay(5s)).next_write(t::fault::delay(1s)).next_write(t::fault::delay(8s));
    client.send("late");
    world.settle();
    client.send("shorter");
    world.settle();
    client.send("longer").resume_reading();
    client.expect("before").receive_nothing();
    world.advance(4s);
    client.receive_nothing();
    world.advance(1s);
    client.expect("late").expect("shorter").receive_nothing();
    world.advance(3s);
    client.expect("longer");
    client.send("no delay").expect("no delay");
}

TEST_CASE("Delays keep all bytes and their order with every seed", "[testing]") {
    t::explore(50, [](std::uint64_t seed) {
        t::world world(roompp::echo(), seed);
        auto client = world.client("/").buffer_bytes(100).connect();
        for (int i = 0; i < 10; ++i) client.next_write(t::fault::delay(std::chrono::seconds(i % 3)));
        for (int i = 0; i < 20; ++i) client.send(std::to_string(i) + std::string(50, 'x'));
        world.advance(20s);
        const auto all = client.receive_all();
        REQUIRE(all.size() == 20);
        for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == std::to_string(i) + std::string(50, 'x'));
    });
}

TEST_CASE("A write to a connection that is lost ends it with 1006", "[testing]") {
    std::vector<int> ends;
    roompp::rooms<> rooms;
    rooms.on_leave([&](auto&, auto&, const roompp::close_event& event) { ends.push_back(event.code); });
    t::world world(rooms);
    auto lost = world.connect("/a/");
    auto other = world.connect("/a/");
    lost.next_write(t::fault::lose());
    other.send("hello");
    CHECK(other.receive() == "hello");
    CHECK(ends == std::vector<int>{1006});
    CHECK(lost.closed().code == 1006);
}
