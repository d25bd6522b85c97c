// Destruction of worlds, servers, rooms and clients, in any order.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
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

// Rooms that log messages and leaves.
struct watched_rooms {
    watched_rooms() {
        rooms.on_message([this](std::string_view text) { log.emplace_back(text); });
        rooms.on_leave(
            [this](const roompp::close_event& event) { log.push_back("left " + std::to_string(event.code)); });
    }
    strings log;
    roompp::rooms<> rooms;
};

}  // namespace

// ---- A world or a server that ends before its clients

TEST_CASE("A client may be declared before its world", "[testing]") {
    watched_rooms watched;
    std::vector<t::client> clients;
    std::optional<t::http_client> browser;
    {
        t::world world(watched.rooms);
        clients.push_back(world.connect("/a/"));
        clients.push_back(world.client("/a/"));
        clients.push_back(world.client("/a/").start_connecting());
        browser.emplace(world.http()).send_bytes("GET /");
        CHECK(watched.log.empty());
    }
    CHECK(watched.log == strings{"left 1006", "left 1006"});
    CHECK(watched.rooms.size() == 0);
}

TEST_CASE("A client that floods, and is not read from, leaves when its world ends", "[testing]") {
    watched_rooms watched;
    {
        roompp::limits limits;
        limits.messages_per_second = 5;
        limits.on_flood = roompp::flood::drop;
        roompp::server server;
        server.limits(limits).websocket("/{room}/", watched.rooms);
        t::world world(server);
        auto client = world.connect("/a/");
        for (int i = 0; i < 300; ++i) client.send("hi");
        world.settle();
    }
    CHECK(watched.log.back() == "left 1006");
    CHECK(watched.rooms.size() == 0);
}

TEST_CASE("A client of an ended world throws, and can be destroyed", "[testing]") {
    watched_rooms watched;
    auto ann = t::world(watched.rooms).connect("/a/").named("Ann");
    CHECK(watched.log == strings{"left 1006"});
    CHECK(says(story_of([&] { ann.send("x"); }), "Ann can't send any more: its world has ended"));
    CHECK(says(story_of([&] { ann.expect("x"); }), "the world has ended"));
    CHECK(says(story_of([&] { (void)ann.closed(); }), "the world has ended"));
    CHECK(says(story_of([&] { ann.pause_reading(); }), "its world has ended"));
    CHECK(says(ann.conversation(), "HTTP 101"));
    ann.drop();

    auto browser = t::world(watched.rooms).http();
    CHECK(says(story_of([&] { browser.get("/"); }), "the world has ended"));
    auto unconnected = t::world(watched.rooms).client("/a/");
    CHECK(says(story_of([&] { unconnected.connect(); }), "the world has ended"));
}

TEST_CASE("A failure unwinds worlds and clients in any order", "[testing]") {
    watched_rooms watched;
    CHECK_THROWS_AS(t::world(watched.rooms).connect("/a/").expect("never"), t::failure);
    CHECK_THROWS_AS(
        [&] {
            std::vector<t::client> clients;
            t::world world(watched.rooms);
            clients.push_back(world.connect("/a/"));
            clients.back().expect("never");
        }(),
        t::failure);
    CHECK(watched.log == strings{"left 1006", "left 1006"});
}

TEST_CASE("A server may be destroyed before its clients and its world", "[testing]") {
    watched_rooms watched;
    std::vector<t::client> clients;
    std::optional<t::http_client> browser;
    {
        roompp::server server;
        server.threads(2).websocket("/{room}/", watched.rooms);
        clients.emplace_back(server, "/a/").connect().send("on its way");
        browser.emplace(server).send_bytes("GET /");
    }
    CHECK(watched.log == strings{"on its way", "left 1006"});
    CHECK_THROWS_AS(clients[0].receive(), t::failure);
    CHECK_THROWS_AS(browser->reply(), t::failure);

    std::optional<t::world> world;
    {
        roompp::server server;
        server.websocket("/{room}/", watched.rooms);
        world.emplace(server);
        clients.push_back(world->connect("/b/"));
    }
    CHECK(watched.log.size() == 3);
    CHECK_THROWS_AS(world->settle(), t::failure);
    CHECK_THROWS_AS(world->advance(1s), t::failure);
}

TEST_CASE("A hook may hold a client of its own server", "[testing]") {
    strings log;
    std::weak_ptr<std::optional<t::client>> weak_holder;
    {
        const auto holder = std::make_shared<std::optional<t::client>>();
        weak_holder = holder;
        roompp::websocket_handler handler;
        handler.on_message([holder, &log](std::string_view text) {
            log.emplace_back(text);
            if (text == "one") (*holder)->send("two");
        });
        t::world world(std::move(handler));
        *holder = world.connect("/");
        world.connect("/").send("one");
        world.settle();
    }
    CHECK(log == strings{"one", "two"});
    CHECK(weak_holder.expired());
}

// ---- Rooms in several worlds

TEST_CASE("The same rooms can be in one world after the other", "[testing]") {
    using history_room = roompp::basic_room<roompp::ring_history<10>>;
    roompp::rooms<history_room> rooms;
    int destroyed = 0;
    rooms.on_destroy([&] { ++destroyed; });
    for (int i = 0; i < 3; ++i) {
        t::world world(rooms);
        auto ann = world.connect("/a/");
        ann.send("x").expect("x");
        CHECK_THROWS_AS(t::world(rooms), std::logic_error);  // not in two at the same time
        ann.send("y").expect("y");
    }
    CHECK(rooms.size() == 0);  // a room that waited went with the loop it lived on
    CHECK(destroyed == 0);
    {
        roompp::server server;
        server.threads(3).websocket("/{room}/", rooms);
        for (int i = 0; i < 2; ++i) t::world(server).connect("/a/").send("x").expect("x");
        CHECK(rooms.size() == 1);
    }
    rooms.broadcast("a", "to nobody");
    CHECK(rooms.size() == 0);
}

// ---- A client that is destroyed

TEST_CASE("Messages arrive although their client is destroyed", "[testing]") {
    t::explore(50, [](std::uint64_t seed) {
        watched_rooms watched;
        t::world world(watched.rooms, seed);
        world.connect("/a/").send("one").send("two");
        world.settle();
        REQUIRE(watched.log == strings{"one", "two", "left 1006"});
        world.connect("/a/").close();
        world.connect("/b/").send("three").close(4001, "bye");
        world.settle();
        watched.log.erase(watched.log.begin(), watched.log.begin() + 3);
        REQUIRE(watched.log.size() == 3);
        REQUIRE(std::count(watched.log.begin(), watched.log.end(), "left 1000") == 1);
        REQUIRE(std::count(watched.log.begin(), watched.log.end(), "left 4001") == 1);
        world.connect("/a/").send("lost").drop();
        world.settle();
        REQUIRE(watched.log.back() == "left 1006");
        REQUIRE(watched.log.size() == 4);
        world.client("/a/").start_connecting().send("with the handshake");
        world.settle();
        REQUIRE(watched.log.size() == 6);
    });
}

TEST_CASE("Messages arrive although the world is destroyed", "[testing]") {
    watched_rooms watched;
    {
        t::world world(watched.rooms);
        auto ann = world.connect("/a/");
        ann.send("kept");
        world.connect("/a/").send("temporary").close();
    }
    CHECK(watched.log == strings{"kept", "temporary", "left 1000", "left 1006"});
}

TEST_CASE("A destroyed client leaves nothing stuck in full buffers", "[testing]") {
    std::size_t bytes = 0;
    std::vector<int> ends;
    roompp::websocket_handler handler;
    handler.on_message([&](roompp::connection& conn, roompp::payload message) {
        bytes += message.size();
        conn.send(message);
    });
    handler.on_close([&](const roompp::close_event& event) { ends.push_back(event.code); });
    t::world world(handler);
    {
        auto greedy = world.client("/").buffer_bytes(1000).connect().pause_reading();
        for (int i = 0; i < 10; ++i) greedy.send(std::string(100'000, 'x'));
        greedy.close();
    }
    world.settle();
    CHECK(bytes == 1'000'000);
    CHECK(ends == std::vector<int>{1000});
}

TEST_CASE("A request arrives although its client is destroyed or starts another", "[testing]") {
    strings bodies;
    roompp::server server;
    server.post("/", [&](const roompp::request& request) {
        bodies.push_back(request.body());
        return "thanks";
    });
    t::world world(server);
    world.http().start("POST", "/", "one");
    auto client = world.http();
    client.start("POST", "/", "two").start("POST", "/", "three");
    CHECK(client.reply().body == "thanks");
    client.start("POST", "/", "lost").drop();
    world.settle();
    CHECK(bodies == strings{"one", "two", "three"});
}
