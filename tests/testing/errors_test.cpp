// Hooks that fail, and what a test of the harness hears of it.

#include <chrono>
#include <cstdint>
#include <stdexcept>
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

// Throws what it is sent.
roompp::rooms<> fragile_rooms() {
    roompp::rooms<> rooms;
    rooms.on_message([](std::string_view text) { throw std::runtime_error(std::string(text)); });
    return rooms;
}

template <class Action>
std::string story_of(Action&& action) {
    try {
        action();
    } catch (const t::failure& e) {
        return e.what();
    }
    return "(nothing failed)";
}

bool says(const std::string& story, std::string_view part) { return story.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("A hook that fails fails the test, once", "[testing]") {
    t::world world(fragile_rooms());
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

TEST_CASE("A test that expects hooks to fail asks for their errors", "[testing]") {
    t::world world(fragile_rooms());
    CHECK(world.errors().empty());
    auto ann = world.connect("/a/").send("boom");
    CHECK(world.errors() == strings{"boom"});
    CHECK(world.errors().empty());
    CHECK(ann.closed().code == 1011);
}

TEST_CASE("What an on_error takes fails no test", "[testing]") {
    int told = 0;
    auto rooms = fragile_rooms();
    rooms.on_error([&] { ++told; });
    t::world world(rooms);
    CHECK(world.connect("/a/").send("boom").closed().code == 1011);
    CHECK(told == 1);
    CHECK(world.errors().empty());
}

TEST_CASE("Failing hooks of every kind fail a test", "[testing]") {
    roompp::server server;
    server.get("/", []() -> std::string { throw std::runtime_error("get"); });
    roompp::websocket_handler handler;
    handler.on_open([] { throw std::runtime_error("open"); });
    server.websocket("/ws/", handler);
    server.websocket("/refused/", roompp::echo()).on_connect([](const roompp::request&, roompp::connect_reply&) {
        throw std::runtime_error("connect");
    });
    roompp::loop::timer timer;
    roompp::websocket_handler later;
    later.on_open([&](roompp::connection& opened) {
        timer = opened.home().after(10s, [] { throw std::runtime_error("timer"); });
    });
    server.websocket("/later/", later);
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
    CHECK(world.elapsed() == 19s);  // the time has passed all the same
}

TEST_CASE("What is no std::exception goes on to the test as it is", "[testing]") {
    struct foreign {};
    roompp::websocket_handler handler;
    handler.on_message([](std::string_view) { throw foreign(); });
    t::world world(handler);
    auto ann = world.connect("/").send("x");
    CHECK_THROWS_AS(world.settle(), foreign);
    auto bob = world.connect("/").send("x");
    CHECK(world.errors() == strings{"an exception that is not derived from std::exception"});
}

TEST_CASE("To receive nothing, a client must be there", "[testing]") {
    roompp::server server;
    roompp::websocket_handler handler;
    handler.on_message([](roompp::connection& from) { from.close(4001, "bye"); });
    server.websocket("/", handler);
    t::world world(server);
    CHECK(says(story_of([&] { world.client("/").receive_nothing(); }), "before it connects: call connect() first"));
    auto refused = world.client("/nothing/");
    (void)refused.try_connect();
    CHECK(says(story_of([&] { refused.receive_nothing(); }), "it was refused with 404"));
    auto there = world.connect("/").receive_nothing();
    there.send("x");
    const auto story = story_of([&] { there.receive_nothing(); });
    CHECK(says(story, "expected to be connected, and to receive nothing"));
    CHECK(says(story, "4001 \"bye\""));
    CHECK(there.closed().code == 4001);
    there.receive_nothing();  // it has been seen that it is closed
    world.connect("/").close().receive_nothing();
    world.connect("/").drop().receive_nothing();
}

TEST_CASE("A hook can't look at what comes of it", "[testing]") {
    t::world* its = nullptr;
    roompp::websocket_handler handler;
    strings told;
    handler.on_message([&](std::string_view text) {
        if (text == "settle") its->settle();
        if (text == "advance") its->advance(1s);
        if (text == "connect") its->connect("/");
        if (text == "send") its->client("/").start_connecting().send("other");
        told.emplace_back(text);
    });
    t::world world(handler);
    its = &world;
    for (const std::string what : {"settle", "advance", "connect"}) {
        auto ann = world.connect("/").send(what);
        const auto errors = world.errors();
        REQUIRE(errors.size() == 1);
        CHECK(says(errors[0], "a hook of the server can't look at what comes of it"));
        CHECK(ann.closed().code == 1011);
    }
    auto ann = world.connect("/").send("send");
    world.settle();
    CHECK(told == strings{"send", "other"});
    CHECK(world.elapsed() == 0s);
}
