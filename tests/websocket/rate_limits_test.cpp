// Messages that exceed the rate limits.

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
    explicit scene(roompp::flood on_flood) {
        roompp::limits limits;
        limits.messages_per_second = 5;
        limits.message_bytes = 2000;
        limits.bytes_per_second = 1000;
        limits.on_flood = on_flood;
        server.limits(limits);
        server.websocket("/echo/", roompp::echo());
        server.websocket("/{room}/", rooms, roompp::v1_protocol(), roompp::django_channels_protocol());
    }
    roompp::rooms<> rooms;
    roompp::server server;
};

}  // namespace

TEST_CASE("A client that sends too many messages is closed with 1008", "[rate_limits]") {
    scene chat(roompp::flood::close);
    roompp::testing::world world(chat.server);
    auto ann = world.connect("/echo/");
    for (int i = 0; i < 5; ++i) ann.send("x").expect("x");
    ann.send("x");
    CHECK(ann.closed().code == 1008);
    CHECK(ann.closed().reason == "rate limit exceeded");
}

TEST_CASE("A client within the rate limits is never closed", "[rate_limits]") {
    scene chat(roompp::flood::close);
    roompp::testing::world world(chat.server);
    auto ann = world.connect("/echo/");
    for (int i = 0; i < 100; ++i) {
        for (int n = 0; n < 5; ++n) ann.send("x").expect("x");
        world.advance(1s);
    }
    CHECK(ann.is_open());
}

TEST_CASE(
    "A client that sends too many bytes is closed with 1008, but one message of the largest size may come at once",
    "[rate_limits]") {
    scene chat(roompp::flood::close);
    roompp::testing::world world(chat.server);
    auto ann = world.connect("/echo/");
    const std::string largest(2000, 'x');
    ann.send(largest).expect(largest);
    world.advance(1s);
    ann.send(std::string(1000, 'y')).expect(std::string(1000, 'y'));
    ann.send("z");
    CHECK(ann.closed().code == 1008);
}

TEST_CASE("Each dropped message is reported to its sender, by its number if it has one", "[rate_limits]") {
    scene chat(roompp::flood::drop);
    roompp::testing::world world(chat.server);
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
    auto received = bob.receive_all();
    const std::string notice = R"({"error": "Rate limit exceeded; message dropped."})";
    CHECK(std::count(received.begin(), received.end(), notice) == 1);
    CHECK(received.size() == 6);
    CHECK(ann.is_open());
}
