#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("Time passes only when the test says so", "[testing]") {
    std::vector<std::string> done;
    roompp::loop::timer timer;
    roompp::websocket_handler handler;
    handler.on_message(
        [&](roompp::connection& from) { timer = from.home().after(90s, [&] { done.emplace_back("rung"); }); });
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

TEST_CASE("A timer that sets the next one goes on as time passes", "[testing]") {
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

TEST_CASE("The time of day is the test's as well", "[testing]") {
    std::chrono::system_clock::time_point seen;
    roompp::websocket_handler handler;
    handler.on_message([&](roompp::connection& from) { seen = from.home().wall_now(); });
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

TEST_CASE("A client that sends nothing is sent pings, and stays", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    world.advance(10min);
    CHECK(client.pings() == 20);
    CHECK(client.send("still here").receive() == "still here");
    client.ping("payload");
    CHECK(client.pongs() == std::vector<std::string>{"payload"});
}

TEST_CASE("A client that does not answer pings is dropped with 1006", "[testing]") {
    std::uint16_t code = 0;
    auto handler = roompp::echo();
    handler.on_close([&](const roompp::close_event& how) { code = how.code; });
    t::world world(handler);
    auto dead = world.client("/").answer_pings(false).connect();
    auto quiet = world.connect("/");
    world.advance(49s);
    CHECK(dead.is_open());
    CHECK(code == 0);
    world.advance(1s);
    CHECK(dead.closed().code == 1006);
    CHECK(code == 1006);
    CHECK(quiet.is_open());
}

TEST_CASE("A peer that does not answer a close is dropped after the close timeout", "[testing]") {
    std::vector<int> ends;
    roompp::websocket_handler handler;
    handler.on_message([](roompp::connection& from) { from.close(4001, "bye"); });
    handler.on_close([&](const roompp::close_event& how) { ends.push_back(how.code); });
    t::world world(handler);
    auto deaf = world.client("/").answer_close(false).connect();
    deaf.send("close");
    CHECK(deaf.closed().code == 4001);
    CHECK(ends.empty());
    world.advance(4s);
    CHECK(ends.empty());
    world.advance(1s);
    CHECK(ends == std::vector<int>{4001});
}

TEST_CASE("A request that does not end in time gets 408", "[testing]") {
    roompp::server server;
    server.get("/", [] { return "hello"; });
    for (const std::string begun : {"", "G", "GET /hel", "GET / HTTP/1.1\r\nHost: a\r\n",
                                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"}) {
        CAPTURE(begun);
        t::world world(server);
        auto client = world.http();
        client.send_bytes(begun);
        world.advance(9s);
        CHECK(client.is_waiting());
        world.advance(1s);
        CHECK(client.reply().status == 408);
        CHECK_FALSE(client.is_connected());
    }
}

TEST_CASE("A request that drips gets 408", "[testing]") {
    roompp::server server;
    t::world world(server);
    auto client = world.http();
    client.send_bytes("GET /");
    for (int i = 0; i < 10; ++i) {
        CHECK(client.is_waiting());
        client.send_bytes("x");
        world.advance(1s);
    }
    CHECK(client.reply().status == 408);
}

TEST_CASE("A connection without requests is kept for a while and ended", "[testing]") {
    roompp::server server;
    server.get("/", [] { return "hello"; });
    t::world world(server);
    auto client = world.http();
    for (int i = 0; i < 3; ++i) {
        CHECK(client.get("/").body == "hello");
        world.advance(59s);
        CHECK(client.is_connected());
    }
    world.advance(1s);
    CHECK_FALSE(client.is_connected());
    CHECK(client.get("/").body == "hello");
}

TEST_CASE("A client that does not take its answer is dropped", "[testing]") {
    roompp::server server;
    server.get("/", [] { return std::string(300'000, 'x'); });
    t::world world(server);
    auto client = world.http();
    client.start("GET", "/").pause_reading();
    world.advance(59s);
    CHECK(client.is_waiting());
    client.resume_reading();
    CHECK(client.reply().body.size() == 300'000);
    client.start("GET", "/").pause_reading();
    world.advance(61s);
    client.resume_reading();
    CHECK(client.is_waiting());
    CHECK_FALSE(client.is_connected());
}

TEST_CASE("A stop closes with 1001, and waits for those who do not answer no longer than it must", "[testing]") {
    for (const std::size_t threads : {1U, 3U}) {
        CAPTURE(threads);
        roompp::server server;
        server.threads(threads);
        roompp::limits bounds;
        bounds.stop_timeout = 20s;
        bounds.close_timeout = 60s;
        server.limits(bounds);
        std::vector<int> ends;
        auto handler = roompp::echo();
        handler.on_close([&](const roompp::close_event& how) { ends.push_back(how.code); });
        server.websocket("/", handler);
        t::world world(server);
        auto polite = world.connect("/");
        auto deaf = world.client("/").answer_close(false).connect();
        auto halfway = world.http();
        halfway.send_bytes("GET /hel");
        world.stop();
        CHECK(polite.closed().code == 1001);
        CHECK(polite.closed().reason == "server stops");
        CHECK(deaf.closed().code == 1001);
        CHECK_FALSE(halfway.is_connected());
        CHECK(ends.size() == 1);
        world.advance(19s);
        CHECK(ends.size() == 1);
        world.advance(1s);
        CHECK(ends.size() == 2);
    }
}

namespace {

// A room that speaks roompp.v1.
template <class Room>
struct v1_scene {
    v1_scene() { server.websocket("/{room}/", rooms, roompp::v1_protocol()); }
    // A client that wants the last messages.
    static t::client enter(t::world& world, const std::string& name) {
        return world.client("/tea/?last=10&name=" + name + "&client=" + std::string(16, name[0]))
            .subprotocol("roompp.v1")
            .connect();
    }
    // Whether any message that has come has this part.
    static bool hears(t::client& who, std::string_view part) {
        bool found = false;
        for (const auto& text : who.receive_all()) found = found || text.find(part) != std::string::npos;
        return found;
    }
    static void say(t::client& who, const std::string& text) {
        who.send(R"({"type":"message","message":")" + text + R"("})");
    }
    roompp::rooms<Room> rooms;
    roompp::server server;
};

}  // namespace

TEST_CASE("A history forgets what is too old", "[testing]") {
    using scene = v1_scene<roompp::basic_room<roompp::recent_history<60>>>;
    scene some;
    t::world world(some.server);
    auto ann = scene::enter(world, "ann");
    scene::say(ann, "early");
    world.advance(30s);
    scene::say(ann, "late");
    world.advance(30s);
    auto both = scene::enter(world, "bob").receive();
    CHECK(both.find("early") != std::string::npos);
    CHECK(both.find("late") != std::string::npos);
    world.advance(1s);
    auto one = scene::enter(world, "eve").receive();
    CHECK(one.find("early") == std::string::npos);
    CHECK(one.find("late") != std::string::npos);
    world.advance(30s);
    auto none = scene::enter(world, "mel").receive();
    CHECK(none.find("late") == std::string::npos);
}

TEST_CASE("Who comes back within the grace was never gone", "[testing]") {
    using scene = v1_scene<roompp::basic_room<roompp::presence_with_grace<10>>>;
    scene some;
    t::world world(some.server);
    auto ann = scene::enter(world, "ann");
    auto bob = scene::enter(world, "bob");
    CHECK(scene::hears(ann, R"("type":"join")"));
    bob.drop();
    world.advance(9s);
    bob = scene::enter(world, "bob");
    world.advance(1min);
    ann.receive_nothing();
    bob.drop();
    world.advance(9s);
    ann.receive_nothing();
    world.advance(1s);
    CHECK(scene::hears(ann, R"("type":"leave")"));
}

TEST_CASE("An empty room waits for those who come back, and no longer", "[testing]") {
    using scene = v1_scene<roompp::basic_room<roompp::ring_history<10>>>;
    for (const auto patience : {60s, 5s}) {
        scene some;
        roompp::limits bounds;
        bounds.empty_room = patience;
        some.server.limits(bounds);
        int destroyed = 0;
        some.rooms.on_destroy([&] { ++destroyed; });
        t::world world(some.server);
        auto ann = scene::enter(world, "ann");
        scene::say(ann, "remember me");
        ann.close();
        world.advance(patience - 1s);
        CHECK(some.rooms.size() == 1);
        ann = scene::enter(world, "ann");
        CHECK(scene::hears(ann, "remember me"));
        world.advance(patience * 2);  // the waiting has ended
        ann.close();
        world.advance(patience - 1s);
        CHECK(destroyed == 0);
        world.advance(1s);
        CHECK(destroyed == 1);
        CHECK(some.rooms.size() == 0);
        ann = scene::enter(world, "ann");
        CHECK_FALSE(scene::hears(ann, "remember me"));
    }
}

TEST_CASE("A request that is never answered gets 503 in the end", "[testing]") {
    roompp::server server;
    roompp::limits bounds;
    bounds.answer_timeout = 20s;
    server.limits(bounds);
    std::optional<roompp::responder> kept;
    std::vector<roompp::abort_reason> ends;
    server.get("/never/", [&](const roompp::request&, const roompp::responder& later) {
        kept = later;
        later.on_end([&](roompp::abort_reason why) { ends.push_back(why); });
    });
    server.get("/last/", [&](const roompp::request&, const roompp::responder& later) {
        kept = later;
        later.on_end([](const roompp::responder& its, roompp::abort_reason) { its.answer("better late than never"); });
    });
    t::world world(server);
    auto client = world.http();
    client.start("GET", "/never/");
    world.advance(19s);
    CHECK(client.is_waiting());
    CHECK(ends.empty());
    world.advance(1s);
    CHECK(client.reply().status == 503);
    CHECK(ends == std::vector<roompp::abort_reason>{roompp::abort_reason::timed_out});
    CHECK_FALSE(kept->answer("too late"));
    client.start("GET", "/last/");
    world.advance(20s);
    CHECK(client.reply().body == "better late than never");
}
