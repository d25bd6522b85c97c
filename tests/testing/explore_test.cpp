// Orders of events: what explore() finds, and what holds in all of them.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

// Answers each message a little later. The mistake: whom to answer is kept in the room's state, which another
// member's message may change meanwhile.
roompp::rooms<> broken_answering_rooms() {
    roompp::rooms<> rooms;
    const auto asking = std::make_shared<std::uint64_t>(0);
    rooms.on_message([asking](auto& room, auto& sender, std::string_view text) {
        *asking = sender.id();
        room.home().post([asking, &room, text = std::string(text)] {
            room.for_each([&](auto& member) {
                if (member.id() == *asking) member.send("you said " + text);
            });
        });
    });
    return rooms;
}

// Takes who is first for who was made to come first.
roompp::rooms<> broken_rooms_with_a_host() {
    roompp::rooms<> rooms;
    rooms.on_join([](auto& room, auto& member) {
        if (room.size() == 1) member.send("you are the host");
    });
    return rooms;
}

void each_gets_its_own_answer(std::uint64_t seed) {
    t::world world(broken_answering_rooms(), seed);
    auto ann = world.client("/a/").named("Ann").connect();
    auto bob = world.client("/a/").named("Bob").connect();
    ann.send("one");
    bob.send("two");
    ann.expect("you said one");
    bob.expect("you said two");
}

// Four members on three loops, each saying ten things at once. What each of them heard.
std::vector<strings> a_busy_room(std::uint64_t seed) {
    roompp::server server;
    server.threads(3);
    server.websocket("/{room}/", roompp::rooms<>());
    t::world world(server, seed);
    std::vector<t::client> members;
    for (int i = 0; i < 4; ++i) members.push_back(world.connect("/a/"));
    for (int i = 0; i < 10; ++i)
        for (std::size_t k = 0; k < members.size(); ++k)
            members[k].send(std::string(1, static_cast<char>('a' + k)) + std::to_string(i));
    std::vector<strings> heard;
    for (auto& one : members) heard.push_back(one.receive_all());
    return heard;
}

// What three persons of a room with presence are told: epoch, ids and who is there.
strings a_room_with_presence(std::uint64_t seed) {
    using room = roompp::basic_room<roompp::presence, roompp::ring_history<10>>;
    roompp::server server;
    server.threads(2);
    server.websocket("/{room}/", roompp::rooms<room>(), roompp::v1_protocol());
    t::world world(server, seed);
    strings told;
    std::vector<t::client> members;
    for (const std::string who : {"a", "b", "c"})
        members.push_back(world.client("/tea/?name=" + who + "&client=" + std::string(16, who[0]))
                              .subprotocol("roompp.v1")
                              .connect());
    members[0].send(R"({"type":"message","message":"hi"})");
    for (auto& one : members)
        for (auto& text : one.receive_all()) told.push_back(std::move(text));
    return told;
}

}  // namespace

TEST_CASE("A room that mixes up its members is found out", "[testing]") {
    each_gets_its_own_answer(0);  // all is well in the plain order
    try {
        t::explore(100, each_gets_its_own_answer);
        FAIL("no order showed the mistake");
    } catch (const t::failure& e) {
        const std::string story = e.what();
        CHECK(story.find("with seed ") == 0);
        CHECK(story.find("roompp::testing::explore({") != std::string::npos);
        CHECK(story.find("expected \"you said ") != std::string::npos);

        // The seed that it tells fails again, in the same way.
        const std::uint64_t seed = std::stoull(story.substr(10));
        for (int i = 0; i < 3; ++i) {
            try {
                t::explore({seed}, each_gets_its_own_answer);
                FAIL("the seed does not fail again");
            } catch (const t::failure& again) {
                CHECK(again.what() == story);
            }
        }
    }
}

TEST_CASE("A room that relies on who connects first is found out", "[testing]") {
    const auto test = [](std::uint64_t seed) {
        t::world world(broken_rooms_with_a_host(), seed);
        auto ann = world.client("/a/").start_connecting();
        auto bob = world.client("/a/").start_connecting();
        ann.expect("you are the host");
        bob.receive_nothing();
    };
    test(0);
    CHECK_THROWS_AS(t::explore(100, test), t::failure);
}

TEST_CASE("All members hear the same in one order, and every sender's messages in its own", "[testing]") {
    t::explore(200, [](std::uint64_t seed) {
        const auto heard = a_busy_room(seed);
        REQUIRE(heard[0].size() == 40);
        for (const auto& other : heard) REQUIRE(other == heard[0]);
        for (const char name : {'a', 'b', 'c', 'd'}) {
            int next = 0;
            for (const auto& text : heard[0])
                if (text[0] == name) REQUIRE(text == std::string(1, name) + std::to_string(next++));
            REQUIRE(next == 10);
        }
    });
}

TEST_CASE("A broadcast leaves out its sender, and direct messages keep their place in the one order", "[testing]") {
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
        auto one = world.connect("/a/");
        auto two = world.connect("/a/");
        for (int i = 0; i < 20; ++i) {
            one.send("a" + std::to_string(i));
            two.send("b" + std::to_string(i));
        }
        // What one hears of itself and what it hears of the other tells of the same order.
        const auto as_told_by = [](t::client& who, char name) {
            int next = 0;
            auto order = who.receive_all();
            for (auto& text : order)
                if (text == "only you") text = std::string(1, name) + std::to_string(next++);
            return order;
        };
        const auto heard = as_told_by(one, 'a');
        REQUIRE(heard.size() == 40);
        REQUIRE(heard == as_told_by(two, 'b'));
    });
}

TEST_CASE("Who joins is told nothing from before, and everything from then on", "[testing]") {
    t::explore(100, [](std::uint64_t seed) {
        roompp::server server;
        server.threads(3);
        roompp::rooms<> rooms;
        rooms.on_join([](auto& room) { room.broadcast("joined"); });
        rooms.on_leave([](auto& room) { room.broadcast("left"); });
        server.websocket("/{room}/", rooms);
        t::world world(server, seed);
        auto speaker = world.connect("/a/");
        speaker.expect("joined");
        for (int i = 0; i < 5; ++i) speaker.send(std::to_string(i));
        auto late = world.client("/a/").start_connecting();
        for (int i = 5; i < 10; ++i) speaker.send(std::to_string(i));
        auto all = speaker.receive_all();
        const auto from = std::find(all.begin(), all.end(), "joined");
        REQUIRE(from != all.end());
        REQUIRE(late.receive_all() == strings(from, all.end()));
        late.close(4000, "gone");
        speaker.expect("left");
    });
}

TEST_CASE("A seed always gives the same order, and another seed another one", "[testing]") {
    std::size_t different = 0;
    const auto plain = a_busy_room(0);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto heard = a_busy_room(seed);
        CHECK(heard == a_busy_room(seed));
        different += heard != plain;
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
        for (auto& one : members) one.drop();
        world.settle();
        REQUIRE(present == 0);
        REQUIRE(rooms.size() == 0);
    });
}

TEST_CASE("An exception that is none of the standard's goes through explore as it is", "[testing]") {
    struct foreign {};
    CHECK_THROWS_AS(t::explore(3, [](std::uint64_t) { throw foreign(); }), foreign);
    int runs = 0;
    t::explore(3, [&](std::uint64_t seed) { CHECK(seed == static_cast<std::uint64_t>(runs++)); });
    CHECK(runs == 3);
    t::explore({7, 9}, [&](std::uint64_t seed) { runs += static_cast<int>(seed); });
    CHECK(runs == 19);
}

TEST_CASE("A server that never comes to rest is told of", "[testing]") {
    std::function<void()> again;
    roompp::websocket_handler handler;
    handler.on_message([&](roompp::connection& from) {
        again = [&again, &home = from.home()] { home.post(again); };
        from.home().post(again);
    });
    t::world world(handler);
    world.most_steps(100'000);
    auto client = world.connect("/");
    client.send("go");
    CHECK_THROWS_AS(client.receive_nothing(), t::failure);
}

TEST_CASE("Epochs and ids are the same every time with one seed, and others with another one", "[testing]") {
    for (const std::uint64_t seed : {0U, 1U, 2U}) {
        const auto told = a_room_with_presence(seed);
        REQUIRE(told.size() >= 9);
        CHECK(told == a_room_with_presence(seed));
        CHECK(told != a_room_with_presence(seed + 1));
    }
}

TEST_CASE("A server has the system's random numbers but for its time in a world", "[testing]") {
    roompp::server server;
    roompp::rooms<> rooms;
    strings epochs;
    rooms.on_create([&](auto& room) { epochs.push_back(room.epoch()); });
    server.websocket("/{room}/", rooms);
    strings secrets;
    server.get("/", [&](const roompp::request& asked) {
        secrets.emplace_back(asked.server_secret());
        return std::string();
    });
    for (int i = 0; i < 2; ++i) {
        t::world world(server);
        world.connect("/a/");
        world.http().get("/");
    }
    REQUIRE(epochs.size() == 2);
    CHECK(epochs[0] == epochs[1]);
    REQUIRE(secrets.size() == 2);
    CHECK(secrets[0] == secrets[1]);
    CHECK(secrets[0].size() > 20);

    t::manual_loop other;
    CHECK(other.get().random() != other.get().random());
}

TEST_CASE("A message may come before or after the timer that it races with", "[testing]") {
    std::size_t in_time = 0;
    std::size_t too_late = 0;
    const auto test = [&](std::uint64_t seed) {
        roompp::websocket_handler handler;
        roompp::loop::timer patience;
        bool waiting = true;
        bool heard = false;
        handler.on_open(
            [&](roompp::connection& opened) { patience = opened.home().after(60s, [&] { waiting = false; }); });
        handler.on_message([&] { heard = waiting; });
        t::world world(handler, seed);
        auto ann = world.connect("/");
        world.advance(59s);
        REQUIRE(waiting);
        ann.send("just in time");
        world.advance(1s);
        REQUIRE_FALSE(waiting);
        ++(heard ? in_time : too_late);
    };
    t::explore({0}, test);
    CHECK(in_time == 1);  // the plain order
    t::explore(100, test);
    CHECK(in_time >= 10);
    CHECK(too_late >= 10);
}

TEST_CASE("What is on its way has arrived when a second has passed, with every seed", "[testing]") {
    t::explore(100, [](std::uint64_t seed) {
        strings told;
        roompp::websocket_handler handler;
        std::vector<roompp::loop::timer> timers;
        handler.on_open([&](roompp::connection& opened) {
            timers.push_back(opened.home().after(2s, [&] { told.emplace_back("timer"); }));
        });
        handler.on_message([&](std::string_view text) { told.emplace_back(text); });
        t::world world(handler, seed);
        auto ann = world.connect("/").send("hello");
        world.advance(2s);
        REQUIRE(told == strings{"hello", "timer"});
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
            timers.push_back(opened.home().after(1s, [&, at = opened.home().index()] { rung.push_back(at); }));
        });
        server.websocket("/", handler);
        t::world world(server, seed);
        auto one = world.connect("/");
        auto two = world.connect("/");
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
