// What goes wrong in handlers harms nobody else, and somebody is told.

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

TEST_CASE("An error hook that fails itself ends nothing", "[failure]") {
    roompp::server server;
    server.on_error([] { throw std::runtime_error("the error hook failed, which this test wants"); });
    server.get("/bad/", []() -> std::string { throw std::runtime_error("bad"); });
    server.get("/good/", [] { return "good"; });
    roompp::websocket_handler handler;
    handler.on_message([](std::string_view) { throw std::runtime_error("bad"); });
    server.websocket("/ws/", handler);
    t::world world(server);
    const std::vector<std::string> hook_failed{"the error hook failed, which this test wants"};
    auto browser = world.http();
    browser.start("GET", "/bad/");
    CHECK(world.errors() == hook_failed);
    CHECK(browser.reply().status == 500);
    auto client = world.connect("/ws/").send("x");
    CHECK(world.errors() == hook_failed);
    CHECK(client.closed().code == 1011);
    CHECK(world.http().get("/good/").body == "good");
}

TEST_CASE("A hook that throws closes its connection with 1011 and spares the others", "[failure]") {
    roompp::server server;
    int errors = 0;
    server.on_error([&] { ++errors; });
    roompp::websocket_handler handler;
    handler.on_open([](roompp::connection& opened) { opened.send("welcome"); });
    handler.on_message([](roompp::connection& from, std::string_view text) {
        if (text == "throw") throw std::runtime_error("a handler was told to throw");
        from.send(text);
    });
    server.websocket("/", handler);
    t::world world(server);
    auto bystander = world.connect("/");
    CHECK(world.connect("/").send("throw").closed().code == 1011);
    bystander.send("still here").expect("welcome").expect("still here");
    CHECK(errors == 1);
}

TEST_CASE("A hook of rooms that throws closes its member alone, which leaves", "[failure]") {
    t::explore(10, [](std::uint64_t seed) {
        roompp::server server;
        server.threads(seed % 2 == 0 ? 1 : 3).on_error([] {});
        roompp::rooms<> rooms;
        rooms.on_leave([](auto& room) { room.broadcast("left"); });
        rooms.on_message([](roompp::basic_room<>::member& sender, std::string_view text) {
            if (text == "throw") throw std::runtime_error("a room's handler was told to throw");
            sender.send("only you");
        });
        server.websocket("/{room}/", rooms);
        t::world world(server, seed);
        auto bystander = world.connect("/a/");
        REQUIRE(world.connect("/a/").send("throw").closed().code == 1011);
        bystander.expect("left");
        bystander.send("anyone?").expect("only you");
    });
}

TEST_CASE("Without a hook of the rooms for it, the server is told what their hooks threw", "[failure]") {
    roompp::server server;
    std::string told;
    server.on_error([&](const std::exception_ptr& what) {
        try {
            std::rethrow_exception(what);
        } catch (const std::exception& e) {
            told += e.what();
        }
    });
    roompp::rooms<> rooms;
    rooms.on_message([](std::string_view text) { throw std::runtime_error(std::string(text) + " failed;"); });
    rooms.on_leave([] { throw std::runtime_error("leave failed;"); });
    server.websocket("/{room}/", rooms);
    t::world world(server);
    CHECK(world.connect("/a/").send("message").closed().code == 1011);
    world.settle();
    CHECK(told == "message failed;leave failed;");
}

TEST_CASE("An admit hook that throws lets nobody in", "[failure]") {
    roompp::server server;
    int errors = 0;
    server.on_error([&] { ++errors; });
    roompp::rooms<> rooms;
    int heard = 0;
    rooms.on_admit([] { throw std::runtime_error("no"); }).on_message([&] { ++heard; });
    server.websocket("/{room}/", rooms);
    t::world world(server);
    CHECK(world.connect("/a/").closed().code == 1011);
    CHECK(heard == 0);
    CHECK(errors == 1);
    CHECK(rooms.size() == 0);
}

TEST_CASE("Where a lost client came from is still known when its close is told", "[failure]") {
    std::string peer;
    roompp::websocket_handler handler;
    handler.on_close([&](roompp::connection& gone) { peer = gone.peer_address(); });
    t::world world(handler);
    auto client = world.connect("/");
    client.drop();
    world.settle();
    CHECK_FALSE(peer.empty());
}
