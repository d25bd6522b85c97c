// Exceptions of hooks: how they fail a test.

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"
#include "support/failure_story.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;
using support::says;
using support::story_of;

namespace {

// Their message hook throws each message.
roompp::rooms<> make_failing_rooms() {
    roompp::rooms<> rooms;
    rooms.on_message([](std::string_view text) { throw std::runtime_error(std::string(text)); });
    return rooms;
}

}  // namespace

TEST_CASE("An exception of a hook fails the test, once", "[testing]") {
    t::world world(make_failing_rooms());
    auto ann = world.connect("/a/");
    auto bob = world.connect("/a/");
    ann.send("boom");
    CHECK_THROWS_AS(bob.receive_nothing(), t::hook_failure);
    bob.receive_nothing();
    bob.send("bang");
    const auto story = story_of([&] { (void)bob.closed(); });
    CHECK(says(story, "the server's hooks have thrown what no on_error() takes:\n  bang\n"));
    CHECK(says(story, "world.errors()"));
    CHECK(bob.closed().code == 1011);
}

TEST_CASE("errors() returns the exceptions that a test expects", "[testing]") {
    t::world world(make_failing_rooms());
    CHECK(world.errors().empty());
    auto ann = world.connect("/a/").send("boom");
    CHECK(world.errors() == strings{"boom"});
    CHECK(world.errors().empty());
    CHECK(ann.closed().code == 1011);
}

TEST_CASE("Exceptions that an on_error takes fail no test", "[testing]") {
    int errors = 0;
    auto rooms = make_failing_rooms();
    rooms.on_error([&] { ++errors; });
    t::world world(rooms);
    CHECK(world.connect("/a/").send("boom").closed().code == 1011);
    CHECK(errors == 1);
    CHECK(world.errors().empty());
}

TEST_CASE("Exceptions of hooks of every kind fail the test", "[testing]") {
    roompp::server server;
    server.get("/", []() -> std::string { throw std::runtime_error("get"); });
    roompp::websocket_handler handler;
    handler.on_open([] { throw std::runtime_error("open"); });
    server.websocket("/ws/", handler);
    server.websocket("/refused/", roompp::echo()).on_connect([](const roompp::request&, roompp::connect_reply&) {
        throw std::runtime_error("connect");
    });
    roompp::loop::timer timer;
    roompp::websocket_handler timer_handler;
    timer_handler.on_open([&](roompp::connection& opened) {
        timer = opened.home().after(10s, [] { throw std::runtime_error("timer"); });
    });
    server.websocket("/later/", timer_handler);
    t::world world(server);
    auto client = world.http();
    client.start("GET", "/");
    CHECK(world.errors() == strings{"get"});
    auto closing = world.client("/ws/").start_connecting();
    CHECK(world.errors() == strings{"open"});
    CHECK_THROWS_AS(world.connect("/refused/"), t::hook_failure);
    auto waiting = world.connect("/later/");
    world.advance(9s);
    CHECK_THROWS_AS(world.advance(10s), t::hook_failure);
    CHECK(world.elapsed() == 19s);  // despite the failure
}

TEST_CASE("Exceptions not derived from std::exception reach the test unchanged", "[testing]") {
    struct foreign {};
    roompp::websocket_handler handler;
    handler.on_message([](std::string_view) { throw foreign(); });
    t::world world(handler);
    auto ann = world.connect("/").send("x");
    CHECK_THROWS_AS(world.settle(), foreign);
    auto bob = world.connect("/").send("x");
    CHECK(world.errors() == strings{"an exception that is not derived from std::exception"});
}

TEST_CASE("A hook can't receive, settle or let time pass", "[testing]") {
    t::world* current_world = nullptr;
    roompp::websocket_handler handler;
    strings log;
    handler.on_message([&](std::string_view text) {
        if (text == "settle") current_world->settle();
        if (text == "advance") current_world->advance(1s);
        if (text == "connect") current_world->connect("/");
        if (text == "send") current_world->client("/").start_connecting().send("other");
        log.emplace_back(text);
    });
    t::world world(handler);
    current_world = &world;
    for (const std::string action : {"settle", "advance", "connect"}) {
        auto ann = world.connect("/").send(action);
        const auto errors = world.errors();
        REQUIRE(errors.size() == 1);
        CHECK(says(errors[0], "a hook of the server can't look at what comes of it"));
        CHECK(ann.closed().code == 1011);
    }
    auto ann = world.connect("/").send("send");
    world.settle();
    CHECK(log == strings{"send", "other"});
    CHECK(world.elapsed() == 0s);
}
