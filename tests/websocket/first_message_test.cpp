#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

// Rooms behind a password.
struct scene {
    scene() {
        rooms.on_join(
            [](auto& room, roompp::basic_room<>::member& member) { room.broadcast("+" + member.person().name); });
        server.websocket("/{room}/", rooms).first_message(10s, [](std::string_view text, roompp::connect_reply& reply) {
            if (text == "throw") throw std::runtime_error("the check failed");
            if (text.substr(0, 7) != "sesame ") return reply.refuse(401, "Wrong word.\n");
            reply.identify({"id", std::string(text.substr(7)), {}});
        });
        server.on_error([this] { ++errors; });
    }
    roompp::rooms<> rooms;
    roompp::server server;
    int errors = 0;
};

}  // namespace

TEST_CASE("A first message identifies the connection, and does not reach the room", "[first_message]") {
    scene site;
    roompp::testing::world world(site.server);
    auto ann = world.connect("/tea/").send("sesame Ann").expect("+Ann");
    auto bob = world.connect("/tea/");
    ann.send("hi").expect("hi");
    bob.receive_nothing();
    bob.send("sesame Bob").expect("+Bob");
    ann.expect("+Bob").send("hi").expect("hi");
    bob.expect("hi");
    world.advance(1min);
    CHECK(ann.is_open());
}

TEST_CASE("A wrong first message closes with 1008 and its reason", "[first_message]") {
    scene site;
    roompp::testing::world world(site.server);
    auto mallory = world.connect("/tea/").send("please").send("sesame Mallory");
    CHECK(mallory.closed().code == 1008);
    CHECK(mallory.closed().reason == "Wrong word.");
    CHECK(site.rooms.size() == 0);
}

TEST_CASE("No first message within the deadline closes with 1008", "[first_message]") {
    scene site;
    roompp::testing::world world(site.server);
    auto quiet = world.connect("/tea/");
    world.advance(9s);
    CHECK(quiet.is_open());
    world.advance(1s);
    CHECK(quiet.closed().code == 1008);
}

TEST_CASE("A client that leaves before its first message has joined no room", "[first_message]") {
    scene site;
    roompp::testing::world world(site.server);
    auto closing = world.connect("/tea/").close();
    CHECK(closing.closed().code == 1000);
    world.connect("/tea/").drop();
    world.advance(1min);
    CHECK(site.rooms.size() == 0);
    CHECK(site.errors == 0);
}

TEST_CASE("An exception in the check of a first message closes with 1011", "[first_message]") {
    scene site;
    roompp::testing::world world(site.server);
    CHECK(world.connect("/tea/").send("throw").closed().code == 1011);
    CHECK(site.errors == 1);
}
