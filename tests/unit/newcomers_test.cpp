// Connections that have not yet said what they want.

#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "catch.hpp"

namespace t = roompp::testing;

TEST_CASE("Only so many may take their time with a first request; then there is place again", "[newcomers]") {
    roompp::limits bounds;
    bounds.handshakes = 2;
    roompp::server server;
    server.limits(bounds);
    server.websocket("/ws/", roompp::echo());
    server.get("/hello/", [] { return "hello"; });
    t::world world(server);

    std::vector<t::client> opened;
    for (int i = 0; i < 10; ++i) opened.push_back(world.connect("/ws/"));  // these have said what they want

    auto slow = world.http();
    slow.send_bytes("GET /hello/ HTTP/1.1\r\n");
    auto slower = world.http();
    slower.send_bytes("GET ");
    world.settle();
    CHECK(world.http().get("/hello/").status == 503);
    CHECK(world.http().get("/hello/").status == 503);

    slow.send_bytes("Host: localhost\r\n\r\n");
    CHECK(slow.reply().body == "hello");
    CHECK(world.http().get("/hello/").status == 200);
    for (auto& one : opened) one.send("still here").expect("still here");
}

TEST_CASE("A first request that never comes gives its place back when its time is over", "[newcomers]") {
    roompp::limits bounds;
    bounds.handshakes = 1;
    roompp::server server;
    server.limits(bounds);
    server.get("/hello/", [] { return "hello"; });
    t::world world(server);
    auto silent = world.http();
    silent.send_bytes("G");
    world.settle();
    CHECK(world.http().get("/hello/").status == 503);
    world.advance(bounds.request_timeout);
    CHECK(silent.reply().status == 408);
    world.advance(bounds.close_timeout * 2);
    CHECK(world.http().get("/hello/").status == 200);
}
