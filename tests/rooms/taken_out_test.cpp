// Members whom the application takes out of their room.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch_json.hpp"

namespace t = roompp::testing;
using nlohmann::json;

namespace {

using chat_room = roompp::basic_room<roompp::presence>;

// "bye" is answered with "farewell", and takes its sender out.
struct scene {
    explicit scene(std::size_t threads = 1) {
        rooms.on_message([](chat_room::member& sender, std::string_view text) {
            if (text != "bye") {
                sender.broadcast(text);
                return;
            }
            sender.send("farewell");
            sender.leave();
        });
        rooms.on_leave([this](chat_room::member&, const roompp::close_event& why) { left.push_back(why.code); });
        server.threads(threads).websocket("/{room}/", rooms, roompp::v1_protocol(), roompp::django_channels_protocol());
        server.websocket("/bare/{room}/", rooms);
    }
    roompp::rooms<chat_room> rooms;
    std::vector<std::uint16_t> left;
    roompp::server server;
};

}  // namespace

TEST_CASE("A connection whose member is taken out of its only room is closed with 1000 after what it was sent",
          "[taken_out]") {
    t::explore({0, 1, 2, 3, 4, 5, 6, 7}, [](std::uint64_t seed) {
        scene some(seed % 2 == 0 ? 1 : 2);
        t::world world(some.server, seed);
        auto bob = world.client("/tea/?name=Bob").subprotocol("roompp.v1").connect();
        auto ann = world.client("/tea/?name=Ann").subprotocol("roompp.v1").connect();
        auto tutorial = world.connect("/tea/");
        auto bare = world.connect("/bare/tea/");
        (void)bob.receive_all();
        (void)ann.receive_all();
        ann.send(R"({"message": "bye", "ack": 1})");
        const auto last = ann.receive_json<json>();
        REQUIRE((last["type"] == "direct" && last["message"] == "farewell"));
        REQUIRE(ann.closed().code == 1000);
        REQUIRE(ann.closed().reason == "not in this room any more");
        const auto event = bob.receive_json<json>();
        REQUIRE((event["type"] == "leave" && event["member"]["name"] == "Ann"));
        tutorial.send(R"({"message": "bye"})").expect(R"({"message":"farewell"})");
        REQUIRE(tutorial.closed().code == 1000);
        bare.send("bye").expect("farewell");
        REQUIRE(bare.closed().code == 1000);
        REQUIRE(some.left == std::vector<std::uint16_t>{1000, 1000, 1000});
        bob.send(R"({"message": "still here", "ack": 1})");
        world.settle();
        REQUIRE(bob.is_open());
    });
}

TEST_CASE("Who is taken out as soon as it joins is closed with 1000", "[taken_out]") {
    scene some;
    some.rooms.on_join([](chat_room::member& member) { member.leave(); });
    t::world world(some.server);
    auto ann = world.connect("/bare/tea/");
    CHECK(ann.closed().code == 1000);
    CHECK(some.rooms.size() == 0);
}

TEST_CASE("Who is taken out of one room but was put into another stays connected", "[taken_out]") {
    scene some;
    roompp::rooms<> others;
    roompp::rooms<>::membership other;
    some.server.attach(others);
    some.rooms.on_join([&](chat_room::member& member) {
        other = others.join(member.connection().shared_from_this(), "milk");
        member.leave();
    });
    t::world world(some.server);
    auto ann = world.connect("/bare/tea/");
    world.settle();
    CHECK(some.rooms.size() == 0);
    others.broadcast("milk", "hello");
    ann.expect("hello");
    CHECK(ann.is_open());
    ann.drop();
    world.settle();
    other.leave();
    world.settle();
    CHECK(others.size() == 0);
}
