// What the test harness does when a world, a server, rooms or a client's last handle goes, in whatever order.

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

namespace t = roompp::testing;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

// Rooms that write down what happens in them.
struct watched_rooms {
    watched_rooms() {
        rooms.on_message([this](std::string_view text) { log.emplace_back(text); });
        rooms.on_leave([this](const roompp::close_event& why) { log.push_back("left " + std::to_string(why.code)); });
    }
    strings log;
    roompp::rooms<> rooms;
};

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

// ---- A world or a server that ends before its clients

TEST_CASE("A client may be declared before its world", "[testing]") {
    watched_rooms some;
    std::vector<t::client> clients;
    std::optional<t::http_client> browser;
    {
        t::world world(some.rooms);
        clients.push_back(world.connect("/a/"));
        clients.push_back(world.client("/a/"));
        clients.push_back(world.client("/a/").start_connecting());
        browser.emplace(world.http()).send_bytes("GET /");
        CHECK(some.log.empty());
    }
    CHECK(some.log == strings{"left 1006", "left 1006"});
    CHECK(some.rooms.size() == 0);
}

TEST_CASE("A client of a world that has ended says so, and may go", "[testing]") {
    watched_rooms some;
    auto ann = t::world(some.rooms).connect("/a/").named("Ann");
    CHECK(some.log == strings{"left 1006"});
    CHECK(says(story_of([&] { ann.send("x"); }), "Ann can't send any more: its world has ended"));
    CHECK(says(story_of([&] { ann.expect("x"); }), "the world has ended"));
    CHECK(says(story_of([&] { (void)ann.closed(); }), "the world has ended"));
    CHECK(says(story_of([&] { ann.pause_reading(); }), "its world has ended"));
    CHECK(says(ann.conversation(), "HTTP 101"));
    ann.drop();

    auto browser = t::world(some.rooms).http();
    CHECK(says(story_of([&] { browser.get("/"); }), "the world has ended"));
    auto unconnected = t::world(some.rooms).client("/a/");
    CHECK(says(story_of([&] { unconnected.connect(); }), "the world has ended"));
}

TEST_CASE("A failure that ends a test ends its world and its clients, whatever their order", "[testing]") {
    watched_rooms some;
    CHECK_THROWS_AS(t::world(some.rooms).connect("/a/").expect("never"), t::failure);
    CHECK_THROWS_AS(
        [&] {
            std::vector<t::client> clients;
            t::world world(some.rooms);
            clients.push_back(world.connect("/a/"));
            clients.back().expect("never");
        }(),
        t::failure);
    CHECK(some.log == strings{"left 1006", "left 1006"});
}

TEST_CASE("A server may go before its clients and before its world", "[testing]") {
    watched_rooms some;
    std::vector<t::client> clients;
    std::optional<t::http_client> browser;
    {
        roompp::server server;
        server.threads(2).websocket("/{room}/", some.rooms);
        clients.emplace_back(server, "/a/").connect().send("on its way");
        browser.emplace(server).send_bytes("GET /");
    }
    CHECK(some.log == strings{"on its way", "left 1006"});
    CHECK_THROWS_AS(clients[0].receive(), t::failure);
    CHECK_THROWS_AS(browser->reply(), t::failure);

    std::optional<t::world> world;
    {
        roompp::server server;
        server.websocket("/{room}/", some.rooms);
        world.emplace(server);
        clients.push_back(world->connect("/b/"));
    }
    CHECK(some.log.size() == 3);
    CHECK_THROWS_AS(world->settle(), t::failure);
    CHECK_THROWS_AS(world->advance(1s), t::failure);
}

TEST_CASE("A hook may hold a client of its own server", "[testing]") {
    strings told;
    std::weak_ptr<std::optional<t::client>> watched;
    {
        const auto held = std::make_shared<std::optional<t::client>>();
        watched = held;
        roompp::websocket_handler handler;
        handler.on_message([held, &told](std::string_view text) {
            told.emplace_back(text);
            if (text == "one") (*held)->send("two");
        });
        t::world world(std::move(handler));
        *held = world.connect("/");
        world.connect("/").send("one");
        world.settle();
    }
    CHECK(told == strings{"one", "two"});
    CHECK(watched.expired());
}

TEST_CASE("A world can be made by a function", "[testing]") {
    const auto make = [](std::uint64_t seed) {
        t::world made(roompp::echo(), seed);
        made.most_steps(1'000'000);
        return made;
    };
    auto world = make(7);
    auto moved = std::move(world);
    CHECK(moved.seed() == 7);
    moved.connect("/").send("x").expect("x");
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

// ---- A handle that goes

TEST_CASE("What a handle has sent arrives when the handle goes", "[testing]") {
    t::explore(50, [](std::uint64_t seed) {
        watched_rooms some;
        t::world world(some.rooms, seed);
        world.connect("/a/").send("one").send("two");
        world.settle();
        REQUIRE(some.log == strings{"one", "two", "left 1006"});
        world.connect("/a/").close();
        world.connect("/b/").send("three").close(4001, "bye");
        world.settle();
        some.log.erase(some.log.begin(), some.log.begin() + 3);
        REQUIRE(some.log.size() == 3);
        REQUIRE(std::count(some.log.begin(), some.log.end(), "left 1000") == 1);
        REQUIRE(std::count(some.log.begin(), some.log.end(), "left 4001") == 1);
        world.connect("/a/").send("lost").drop();
        world.settle();
        REQUIRE(some.log.back() == "left 1006");
        REQUIRE(some.log.size() == 4);
        world.client("/a/").start_connecting().send("with the handshake");
        world.settle();
        REQUIRE(some.log.size() == 6);
    });
}

TEST_CASE("What a handle has sent arrives when the world goes as well", "[testing]") {
    watched_rooms some;
    {
        t::world world(some.rooms);
        auto ann = world.connect("/a/");
        ann.send("kept");
        world.connect("/a/").send("temporary").close();
    }
    CHECK(some.log == strings{"kept", "temporary", "left 1000", "left 1006"});
}

TEST_CASE("A handle that goes leaves nothing stuck in full buffers", "[testing]") {
    std::size_t bytes = 0;
    std::vector<int> ends;
    roompp::websocket_handler handler;
    handler.on_message([&](roompp::connection& from, roompp::payload message) {
        bytes += message.size();
        from.send(message);
    });
    handler.on_close([&](const roompp::close_event& how) { ends.push_back(how.code); });
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

TEST_CASE("A request arrives when the client that has sent it goes, or asks for something else", "[testing]") {
    strings bodies;
    roompp::server server;
    server.post("/", [&](const roompp::request& asked) {
        bodies.push_back(asked.body());
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
