// A hundred thousand room names from one client: rooms and memory stay bounded, and others get in.

#include <algorithm>
#include <cstddef>
#include <string>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

constexpr std::size_t name_count = 100'000;

using room = roompp::basic_room<roompp::ring_history<10>>;

struct site {
    site() {
        roompp::limits limits;
        limits.rooms = 100;
        limits.messages_per_second = limits.bytes_per_second = 0;  // else these would end it long before
        limits.history_bytes = 50'000;
        server.limits(limits);
        server.websocket("/ws/{room}/", rooms, protocol);
        roompp::http_rooms(server, rooms, protocol).poll_route("/poll/{room}/").post_route("/send/{room}/");
    }
    roompp::v1_protocol protocol;
    roompp::rooms<room> rooms;
    roompp::server server;
};

std::string post(std::size_t number) {
    return "POST /send/room-" + std::to_string(number) +
           "/ HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n{\"message\":\"hi\"}";
}

}  // namespace

TEST_CASE("A hundred thousand rooms that are only written to are never there at one time", "[room_names]") {
    site some;
    t::world world(some.server);
    auto member = world.client("/ws/lobby/").subprotocol("roompp.v1").connect();
    auto flooding = world.http();
    constexpr std::size_t batch = 1000;
    std::size_t peak = 0;
    for (std::size_t number = 0; number < name_count; number += batch) {
        std::string requests;
        for (std::size_t i = 0; i < batch; ++i) requests += post(number + i);
        flooding.send_bytes(requests);
        for (std::size_t i = 0; i < batch; ++i) REQUIRE(flooding.reply().status == 200);
        peak = std::max(peak, some.rooms.size());
    }
    CHECK(peak > 50);
    CHECK(peak <= 100);
    CHECK(member.is_open());
    (void)world.client("/ws/another/").subprotocol("roompp.v1").connect();  // there is place
}

TEST_CASE("Polls of a hundred thousand rooms make none", "[room_names]") {
    site some;
    t::world world(some.server);
    auto flooding = world.http();
    constexpr std::size_t batch = 1000;
    for (std::size_t number = 0; number < name_count; number += batch) {
        std::string requests;
        for (std::size_t i = 0; i < batch; ++i)
            requests += "GET /poll/room-" + std::to_string(number + i) + "/?after=0 HTTP/1.1\r\nHost: a\r\n\r\n";
        flooding.send_bytes(requests);
        for (std::size_t i = 0; i < batch; ++i) REQUIRE(flooding.reply().status == 200);
    }
    CHECK(some.rooms.size() == 0);
}
