// Exceptions in handlers harm nobody else, and are reported.

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
using strings = std::vector<std::string>;

TEST_CASE("An exception of a hook closes its connection, and on_error gets it", "[testing]") {
    std::vector<std::string> errors;
    roompp::websocket_handler handler;
    handler.on_message([](std::string_view) { throw std::runtime_error("a hook was told to throw"); });
    roompp::server server;
    server.on_error([&](const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            errors.emplace_back(e.what());
        }
    });
    server.websocket("/", handler);
    t::world world(server);
    auto client = world.connect("/");
    client.send("x");
    CHECK(client.closed().code == 1011);
    CHECK(errors == strings{"a hook was told to throw"});
}

TEST_CASE("An error hook that throws ends nothing", "[failure]") {
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
    handler.on_message([](roompp::connection& conn, std::string_view text) {
        if (text == "throw") throw std::runtime_error("a handler was told to throw");
        conn.send(text);
    });
    server.websocket("/", handler);
    t::world world(server);
    auto bystander = world.connect("/");
    CHECK(world.connect("/").send("throw").closed().code == 1011);
    bystander.send("still here").expect("welcome").expect("still here");
    CHECK(errors == 1);
}

TEST_CASE("An exception of a hook of rooms closes its member alone, which leaves", "[failure]") {
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

TEST_CASE("Without an on_error of their own, the server's gets the exceptions of rooms", "[failure]") {
    roompp::server server;
    std::string errors;
    server.on_error([&](const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            errors += e.what();
        }
    });
    roompp::rooms<> rooms;
    rooms.on_message([](std::string_view text) { throw std::runtime_error(std::string(text) + " failed;"); });
    rooms.on_leave([] { throw std::runtime_error("leave failed;"); });
    server.websocket("/{room}/", rooms);
    t::world world(server);
    CHECK(world.connect("/a/").send("message").closed().code == 1011);
    world.settle();
    CHECK(errors == "message failed;leave failed;");
}

TEST_CASE("An admit hook that throws lets nobody in", "[failure]") {
    roompp::server server;
    int errors = 0;
    server.on_error([&] { ++errors; });
    roompp::rooms<> rooms;
    int messages = 0;
    rooms.on_admit([] { throw std::runtime_error("no"); }).on_message([&] { ++messages; });
    server.websocket("/{room}/", rooms);
    t::world world(server);
    CHECK(world.connect("/a/").closed().code == 1011);
    CHECK(messages == 0);
    CHECK(errors == 1);
    CHECK(rooms.size() == 0);
}

TEST_CASE("The address of a lost client is known in on_close", "[failure]") {
    std::string peer;
    roompp::websocket_handler handler;
    handler.on_close([&](roompp::connection& conn) { peer = conn.peer_address(); });
    t::world world(handler);
    auto client = world.connect("/");
    client.drop();
    world.settle();
    CHECK_FALSE(peer.empty());
}
