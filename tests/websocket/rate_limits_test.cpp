// Messages that exceed the rate limits.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

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

TEST_CASE("Frames of every kind count against the rate", "[rate_limits]") {
    namespace opcode = roompp::testing::opcode;
    const auto check = [](auto&& send_one) {
        scene chat(roompp::flood::close);
        roompp::testing::world world(chat.server);
        auto ann = world.connect("/echo/");
        for (int i = 0; i < 5; ++i) send_one(ann);
        CHECK(ann.is_open());
        send_one(ann);
        CHECK(ann.closed().code == 1008);
    };
    check([](auto& client) { client.ping("?"); });
    check([](auto& client) { client.send_frame(opcode::pong, ""); });
    check([first = true](auto& client) mutable {
        client.send_frame(std::exchange(first, false) ? opcode::text : opcode::continuation, "", false);
    });
}

TEST_CASE("A large message in fragments counts its bytes, not its fragments", "[rate_limits]") {
    namespace opcode = roompp::testing::opcode;
    roompp::limits limits;
    limits.messages_per_second = 5;
    roompp::server server;
    server.limits(limits).websocket("/", roompp::echo());
    roompp::testing::world world(server);
    auto ann = world.connect("/");
    const std::string part(2000, 'x');
    ann.send_frame(opcode::text, part, false);
    for (int i = 0; i < 20; ++i) ann.send_frame(opcode::continuation, part, false);
    ann.send_frame(opcode::continuation, part);
    CHECK(ann.receive().size() == 22 * part.size());
}

TEST_CASE("Who floods is told so a hundred times a second, and otherwise not read from", "[rate_limits]") {
    scene chat(roompp::flood::drop);
    roompp::testing::world world(chat.server);
    auto ann = world.connect("/tea/");
    for (int i = 0; i < 1000; ++i) ann.send(R"({"message": "a"})");
    const auto count = [](const std::vector<std::string>& received) {
        return std::count(received.begin(), received.end(), R"({"error": "Rate limit exceeded; message dropped."})");
    };
    CHECK(count(ann.receive_all()) == 100);
    world.settle();
    CHECK(ann.receive_all().empty());
    world.advance(1s);
    const auto received = ann.receive_all();  // of those that came at first
    CHECK(count(received) == 100);
    CHECK(received.size() == 5 + 100);
    CHECK(ann.is_open());
}

TEST_CASE("A member that was not read from leaves when its client closes", "[rate_limits]") {
    scene chat(roompp::flood::drop);
    roompp::testing::world world(chat.server);
    auto ann = world.connect("/tea/");
    for (int i = 0; i < 300; ++i) ann.send(R"({"message": "a"})");
    ann.close(4000, "enough");
    world.advance(5s);
    CHECK(ann.closed().code == 4000);
}
