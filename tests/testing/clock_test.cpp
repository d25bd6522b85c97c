// Virtual time: timers and the time of day.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("Time passes only when the test says so", "[testing]") {
    std::vector<std::string> done;
    roompp::loop::timer timer;
    roompp::websocket_handler handler;
    handler.on_message(
        [&](roompp::connection& conn) { timer = conn.home().after(90s, [&] { done.emplace_back("rung"); }); });
    t::world world(handler);
    auto client = world.connect("/");
    client.send("set");
    world.advance(89s);
    CHECK(done.empty());
    world.advance(500ms);
    CHECK(done.empty());
    world.advance(500ms);
    CHECK(done.size() == 1);
    CHECK(world.elapsed() == 90s);
}

TEST_CASE("A timer may set the next one", "[testing]") {
    int rung = 0;
    std::vector<roompp::loop::timer> timers;
    std::function<void(roompp::loop&)> ring = [&](roompp::loop& home) {
        ++rung;
        timers.push_back(home.after(10s, [&] { ring(home); }));
    };
    roompp::websocket_handler handler;
    handler.on_open([&](roompp::connection& opened) { ring(opened.home()); });
    t::world world(handler);
    auto client = world.connect("/");
    world.advance(1h);
    CHECK(rung >= 1 + 3600 / 11);
    CHECK(rung <= 1 + 3600 / 10);
}

TEST_CASE("The time of day passes with the clock, and can be set", "[testing]") {
    std::chrono::system_clock::time_point seen;
    roompp::websocket_handler handler;
    handler.on_message([&](roompp::connection& conn) { seen = conn.home().wall_now(); });
    t::world world(handler);
    auto client = world.connect("/");
    const auto start = world.wall_now();
    client.send("now");
    world.advance(1h);
    CHECK(seen == start);
    client.send("now");
    world.settle();
    CHECK(seen == start + 1h);
    world.set_wall_time(std::chrono::system_clock::time_point(1000s));
    client.send("now");
    world.settle();
    CHECK(seen == std::chrono::system_clock::time_point(1000s));
}
