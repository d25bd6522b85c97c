// How fast clients may send.

#include <algorithm>
#include <chrono>
#include <string>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

struct scene {
    explicit scene(roompp::flood what) {
        roompp::limits bounds;
        bounds.messages_per_second = 5;
        bounds.message_bytes = 2000;
        bounds.bytes_per_second = 1000;
        bounds.on_flood = what;
        server.limits(bounds);
        server.websocket("/echo/", roompp::echo());
        server.websocket("/{room}/", rooms, roompp::v1_protocol(), roompp::django_channels_protocol());
    }
    roompp::rooms<> rooms;
    roompp::server server;
};

}  // namespace

TEST_CASE("Who sends too many messages is closed with 1008", "[flood]") {
    scene some(roompp::flood::close);
    roompp::testing::world world(some.server);
    auto ann = world.connect("/echo/");
    for (int i = 0; i < 5; ++i) ann.send("x").expect("x");
    ann.send("x");
    CHECK(ann.closed().code == 1008);
    CHECK(ann.closed().reason == "you send too fast");
}

TEST_CASE("Who keeps to the rate may go on for ever", "[flood]") {
    scene some(roompp::flood::close);
    roompp::testing::world world(some.server);
    auto ann = world.connect("/echo/");
    for (int i = 0; i < 100; ++i) {
        for (int n = 0; n < 5; ++n) ann.send("x").expect("x");
        world.advance(1s);
    }
    CHECK(ann.is_open());
}

TEST_CASE("Who sends too many bytes is closed with 1008, but one largest message may come at once", "[flood]") {
    scene some(roompp::flood::close);
    roompp::testing::world world(some.server);
    auto ann = world.connect("/echo/");
    const std::string largest(2000, 'x');
    ann.send(largest).expect(largest);
    world.advance(1s);
    ann.send(std::string(1000, 'y')).expect(std::string(1000, 'y'));
    ann.send("z");
    CHECK(ann.closed().code == 1008);
}

TEST_CASE("Dropped messages are told of, by number where there is one", "[flood]") {
    scene some(roompp::flood::drop);
    roompp::testing::world world(some.server);
    auto ann = world.client("/tea/").subprotocol("roompp.v1").connect();
    auto bob = world.connect("/tea/");
    (void)ann.receive();
    for (int i = 0; i < 5; ++i) ann.send(R"({"message": "a"})");
    ann.send(R"({"message": "b", "ack": 7})");
    (void)ann.receive_all();
    ann.send(R"({"message": "c", "ack": 8})");
    CHECK(ann.receive().find(R"("error":"rate_limited")") != std::string::npos);
    for (int i = 0; i < 5; ++i) bob.expect(R"({"message":"a"})");
    bob.receive_nothing();
    world.advance(1s);
    ann.send(R"({"message": "d"})");
    bob.expect(R"({"message":"d"})");
    for (int i = 0; i < 6; ++i) bob.send(R"({"message": "e"})");
    auto heard = bob.receive_all();
    const std::string told = R"({"error": "Rate limit exceeded; message dropped."})";
    CHECK(std::count(heard.begin(), heard.end(), told) == 1);
    CHECK(heard.size() == 6);
    CHECK(ann.is_open());
}
