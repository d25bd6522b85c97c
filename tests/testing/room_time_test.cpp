// History, presence and empty rooms as time passes.

#include <chrono>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

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
    static bool hears(t::client& client, std::string_view part) {
        bool found = false;
        for (const auto& text : client.receive_all()) found = found || text.find(part) != std::string::npos;
        return found;
    }
    static void say(t::client& client, const std::string& text) {
        client.send(R"({"type":"message","message":")" + text + R"("})");
    }
    roompp::rooms<Room> rooms;
    roompp::server server;
};

}  // namespace

TEST_CASE("A history drops messages that are too old", "[testing]") {
    using scene = v1_scene<roompp::basic_room<roompp::recent_history<60>>>;
    scene chat;
    t::world world(chat.server);
    auto ann = scene::enter(world, "ann");
    scene::say(ann, "early");
    world.advance(30s);
    scene::say(ann, "late");
    world.advance(30s);
    auto all = scene::enter(world, "bob").receive();
    CHECK(all.find("early") != std::string::npos);
    CHECK(all.find("late") != std::string::npos);
    world.advance(1s);
    auto newest = scene::enter(world, "eve").receive();
    CHECK(newest.find("early") == std::string::npos);
    CHECK(newest.find("late") != std::string::npos);
    world.advance(30s);
    auto none = scene::enter(world, "mel").receive();
    CHECK(none.find("late") == std::string::npos);
}

TEST_CASE("A person who returns within the grace neither leaves nor joins", "[testing]") {
    using scene = v1_scene<roompp::basic_room<roompp::presence_with_grace<10>>>;
    scene chat;
    t::world world(chat.server);
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

TEST_CASE("An empty room waits for the time of limits::empty_room", "[testing]") {
    using scene = v1_scene<roompp::basic_room<roompp::ring_history<10>>>;
    for (const auto time : {60s, 5s}) {
        scene chat;
        roompp::limits limits;
        limits.empty_room = time;
        chat.server.limits(limits);
        int destroyed = 0;
        chat.rooms.on_destroy([&] { ++destroyed; });
        t::world world(chat.server);
        auto ann = scene::enter(world, "ann");
        scene::say(ann, "remember me");
        ann.close();
        world.advance(time - 1s);
        CHECK(chat.rooms.size() == 1);
        ann = scene::enter(world, "ann");
        CHECK(scene::hears(ann, "remember me"));
        world.advance(time * 2);  // the waiting has ended
        ann.close();
        world.advance(time - 1s);
        CHECK(destroyed == 0);
        world.advance(1s);
        CHECK(destroyed == 1);
        CHECK(chat.rooms.size() == 0);
        ann = scene::enter(world, "ann");
        CHECK_FALSE(scene::hears(ann, "remember me"));
    }
}
