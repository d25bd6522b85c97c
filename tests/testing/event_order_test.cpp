// Orders of events: what a seed decides, and what holds with every seed.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

// Four members on three loops, each saying ten things at once. What each of them heard.
std::vector<strings> run_busy_room(std::uint64_t seed) {
    roompp::server server;
    server.threads(3);
    server.websocket("/{room}/", roompp::rooms<>());
    t::world world(server, seed);
    std::vector<t::client> members;
    for (int i = 0; i < 4; ++i) members.push_back(world.connect("/a/"));
    for (int i = 0; i < 10; ++i)
        for (std::size_t k = 0; k < members.size(); ++k)
            members[k].send(std::string(1, static_cast<char>('a' + k)) + std::to_string(i));
    std::vector<strings> received;
    for (auto& member : members) received.push_back(member.receive_all());
    return received;
}

}  // namespace

TEST_CASE("All members receive one order, which keeps the order of each sender", "[testing]") {
    t::explore(200, [](std::uint64_t seed) {
        const auto received = run_busy_room(seed);
        REQUIRE(received[0].size() == 40);
        for (const auto& other : received) REQUIRE(other == received[0]);
        for (const char name : {'a', 'b', 'c', 'd'}) {
            int next = 0;
            for (const auto& text : received[0])
                if (text[0] == name) REQUIRE(text == std::string(1, name) + std::to_string(next++));
            REQUIRE(next == 10);
        }
    });
}

TEST_CASE("Broadcasts without the sender and direct messages keep one order", "[testing]") {
    t::explore(100, [](std::uint64_t seed) {
        roompp::server server;
        server.threads(2);
        roompp::rooms<> rooms;
        rooms.on_message([](auto& room, auto& sender, roompp::payload message) {
            room.broadcast_except(sender, message);
            sender.send("only you");
        });
        server.websocket("/{room}/", rooms);
        t::world world(server, seed);
        auto first = world.connect("/a/");
        auto second = world.connect("/a/");
        for (int i = 0; i < 20; ++i) {
            first.send("a" + std::to_string(i));
            second.send("b" + std::to_string(i));
        }
        // What one hears of itself and what it hears of the other tells of the same order.
        const auto find_order = [](t::client& member, char name) {
            int next = 0;
            auto texts = member.receive_all();
            for (auto& text : texts)
                if (text == "only you") text = std::string(1, name) + std::to_string(next++);
            return texts;
        };
        const auto order_of_first = find_order(first, 'a');
        REQUIRE(order_of_first.size() == 40);
        REQUIRE(order_of_first == find_order(second, 'b'));
    });
}

TEST_CASE("A newcomer receives everything from its join on, and nothing before", "[testing]") {
    t::explore(100, [](std::uint64_t seed) {
        roompp::server server;
        server.threads(3);
        roompp::rooms<> rooms;
        rooms.on_join([](auto& room) { room.broadcast("joined"); });
        rooms.on_leave([](auto& room) { room.broadcast("left"); });
        server.websocket("/{room}/", rooms);
        t::world world(server, seed);
        auto sender = world.connect("/a/");
        sender.expect("joined");
        for (int i = 0; i < 5; ++i) sender.send(std::to_string(i));
        auto newcomer = world.client("/a/").start_connecting();
        for (int i = 5; i < 10; ++i) sender.send(std::to_string(i));
        auto all = sender.receive_all();
        const auto own_join = std::find(all.begin(), all.end(), "joined");
        REQUIRE(own_join != all.end());
        REQUIRE(newcomer.receive_all() == strings(own_join, all.end()));
        newcomer.close(4000, "gone");
        sender.expect("left");
    });
}

TEST_CASE("A seed decides the order", "[testing]") {
    std::size_t different = 0;
    const auto plain = run_busy_room(0);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto received = run_busy_room(seed);
        CHECK(received == run_busy_room(seed));
        different += received != plain;
    }
    CHECK(different >= 15);
}

TEST_CASE("Members that come and go in any order leave nothing behind", "[testing]") {
    t::explore(100, [](std::uint64_t seed) {
        int present = 0;
        roompp::server server;
        server.threads(2);
        roompp::rooms<> rooms;
        rooms.on_join([&] { ++present; });
        rooms.on_leave([&] { --present; });
        server.websocket("/{room}/", rooms);
        t::world world(server, seed);
        std::vector<t::client> members;
        for (int i = 0; i < 6; ++i) members.push_back(world.client("/a/").start_connecting());
        members[0].drop();
        world.settle();
        members[1].send("bye").close();
        members[2].drop();
        members[3].send("x");
        world.settle();
        REQUIRE(present == 3);
        REQUIRE(rooms.size() == 1);
        for (auto& member : members) member.drop();
        world.settle();
        REQUIRE(present == 0);
        REQUIRE(rooms.size() == 0);
    });
}

TEST_CASE("A message may come before or after the timer that it races with", "[testing]") {
    std::size_t in_time = 0;
    std::size_t too_late = 0;
    const auto test = [&](std::uint64_t seed) {
        roompp::websocket_handler handler;
        roompp::loop::timer timer;
        bool waiting = true;
        bool is_in_time = false;
        handler.on_open(
            [&](roompp::connection& opened) { timer = opened.home().after(60s, [&] { waiting = false; }); });
        handler.on_message([&] { is_in_time = waiting; });
        t::world world(handler, seed);
        auto ann = world.connect("/");
        world.advance(59s);
        REQUIRE(waiting);
        ann.send("just in time");
        world.advance(1s);
        REQUIRE_FALSE(waiting);
        ++(is_in_time ? in_time : too_late);
    };
    t::explore({0}, test);
    CHECK(in_time == 1);  // the plain order
    t::explore(100, test);
    CHECK(in_time >= 10);
    CHECK(too_late >= 10);
}

TEST_CASE("A message in flight arrives within a second, with every seed", "[testing]") {
    t::explore(100, [](std::uint64_t seed) {
        strings log;
        roompp::websocket_handler handler;
        std::vector<roompp::loop::timer> timers;
        handler.on_open([&](roompp::connection& opened) {
            timers.push_back(opened.home().after(2s, [&] { log.emplace_back("timer"); }));
        });
        handler.on_message([&](std::string_view text) { log.emplace_back(text); });
        t::world world(handler, seed);
        auto ann = world.connect("/").send("hello");
        world.advance(2s);
        REQUIRE(log == strings{"hello", "timer"});
    });
}

TEST_CASE("The loops of a server see time pass in any order", "[testing]") {
    std::size_t plain = 0;
    std::size_t other = 0;
    const auto test = [&](std::uint64_t seed) {
        roompp::server server;
        server.threads(2);
        roompp::websocket_handler handler;
        std::vector<std::size_t> rung;
        std::vector<roompp::loop::timer> timers;
        handler.on_open([&](roompp::connection& opened) {
            timers.push_back(opened.home().after(1s, [&, index = opened.home().index()] { rung.push_back(index); }));
        });
        server.websocket("/", handler);
        t::world world(server, seed);
        auto first = world.connect("/");
        auto second = world.connect("/");
        world.advance(1s);
        REQUIRE(rung.size() == 2);
        ++(rung.front() == 0 ? plain : other);
    };
    t::explore({0}, test);
    CHECK(plain == 1);
    t::explore(50, test);
    CHECK(plain >= 5);
    CHECK(other >= 5);
}
