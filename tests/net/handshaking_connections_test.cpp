// Connections that have not yet said what they want.

#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

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

TEST_CASE("Who is turned away may linger to read why, but not in any number", "[newcomers]") {
    roompp::limits bounds;
    bounds.connections = 3;
    roompp::server server;
    server.limits(bounds);
    server.websocket("/ws/", roompp::echo());
    server.get("/hello/", [] { return "hello"; });
    t::world world(server);
    std::vector<t::client> opened;
    for (int i = 0; i < 3; ++i) opened.push_back(world.connect("/ws/"));

    std::vector<t::http_client> crowd;
    for (int i = 0; i < 1000; ++i) {
        crowd.push_back(world.http());
        crowd.back().start("GET", "/hello/").pause_reading();  // does not even take the answer
    }
    world.settle();
    int told = 0;
    int ended = 0;
    for (auto& one : crowd) {
        one.resume_reading();
        if (one.status_so_far() == 503) ++told;
        if (one.status_so_far() == 0 && !one.is_connected()) ++ended;
    }
    CHECK(told == 100);
    CHECK(told + ended == 1000);
    for (auto& one : opened) one.send("still here").expect("still here");

    // They take no places.
    world.advance(bounds.close_timeout * 2);
    opened.pop_back();
    CHECK(world.http().get("/hello/").status == 200);
}
