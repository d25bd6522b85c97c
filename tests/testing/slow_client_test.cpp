// Clients that do not read, and small buffers.

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("A slow member receives everything when it reads again", "[testing]") {
    const roompp::rooms<> rooms;
    t::world world(rooms);
    auto slow = world.connect("/a/");
    auto fast = world.connect("/a/");
    slow.pause_reading();
    for (int i = 0; i < 100; ++i) {
        fast.send(std::to_string(i) + std::string(10'000, 'x'));
        CHECK(fast.receive().substr(0, 2) == (std::to_string(i) + 'x').substr(0, 2));
    }
    slow.receive_nothing();
    slow.resume_reading();
    const auto all = slow.receive_all();
    REQUIRE(all.size() == 100);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == std::to_string(i) + std::string(10'000, 'x'));
}

TEST_CASE("A member on another loop than its room may send more than one handover takes", "[testing]") {
    roompp::limits limits;
    limits.messages_per_second = limits.bytes_per_second = 0;
    roompp::server server;
    server.threads(3).limits(limits);
    const roompp::rooms<> rooms;
    server.websocket("/{room}/", rooms);
    t::world world(server);
    std::vector<t::client> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(world.connect("/a/"));  // one on each loop
    for (auto& sender : clients) {
        for (int i = 0; i < 100; ++i) sender.send(std::to_string(i) + std::string(10'000, 'x'));
        for (auto& receiver : clients)
            for (int i = 0; i < 100; ++i) receiver.expect(std::to_string(i) + std::string(10'000, 'x'));
    }
}

TEST_CASE("A member that is too slow is closed with 1013 and delays nobody", "[testing]") {
    for (const std::size_t threads : {1U, 3U}) {
        CAPTURE(threads);
        std::vector<int> ends;
        roompp::server server;
        server.threads(threads);
        roompp::rooms<> rooms;
        rooms.on_leave([&](auto&, auto&, const roompp::close_event& event) { ends.push_back(event.code); });
        server.websocket("/{room}/", rooms);
        t::world world(server);
        auto slow = world.connect("/a/");
        auto fast = world.connect("/a/");
        slow.pause_reading();
        for (int i = 0; i < 6; ++i) {
            fast.send(std::string(900'000, 'x'));
            CHECK(fast.receive().size() == 900'000);
        }
        world.advance(10s);  // it does not take the close frame either
        CHECK(ends == std::vector<int>{1013});
        slow.resume_reading();
        CHECK_FALSE(slow.is_open());
    }
}

TEST_CASE("An echo pauses while its client does not read", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.pause_reading();
    const std::string kilobytes(60'000, 'x');
    for (int i = 0; i < 200; ++i) client.send(std::to_string(i) + ' ' + kilobytes);
    world.settle();
    CHECK(client.is_open());
    client.resume_reading();
    const auto all = client.receive_all();
    REQUIRE(all.size() == 200);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == std::to_string(i) + ' ' + kilobytes);
}

TEST_CASE("The smallest buffers carry everything", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.client("/").buffer_bytes(1).connect();
    client.send(std::string(5000, 'x')).send("end");
    CHECK(client.receive().size() == 5000);
    CHECK(client.receive() == "end");
    client.close();
    CHECK(client.closed().code == 1000);
}
