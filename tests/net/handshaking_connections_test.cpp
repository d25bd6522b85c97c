// Connections that have not sent their first whole request.

#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

TEST_CASE("The number of connections without a first request is limited; a request makes room", "[handshaking]") {
    roompp::limits limits;
    limits.handshakes = 2;
    roompp::server server;
    server.limits(limits);
    server.websocket("/ws/", roompp::echo());
    server.get("/hello/", [] { return "hello"; });
    t::world world(server);

    std::vector<t::client> opened;
    for (int i = 0; i < 10; ++i) opened.push_back(world.connect("/ws/"));  // these have sent their requests

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
    for (auto& client : opened) client.send("still here").expect("still here");
}

TEST_CASE("A first request that never comes makes room when its timeout expires", "[handshaking]") {
    roompp::limits limits;
    limits.handshakes = 1;
    roompp::server server;
    server.limits(limits);
    server.get("/hello/", [] { return "hello"; });
    t::world world(server);
    auto silent = world.http();
    silent.send_bytes("G");
    world.settle();
    CHECK(world.http().get("/hello/").status == 503);
    world.advance(limits.request_timeout);
    CHECK(silent.reply().status == 408);
    world.advance(limits.close_timeout * 2);
    CHECK(world.http().get("/hello/").status == 200);
}

TEST_CASE("A rejected client may linger to read why, up to a number of clients", "[handshaking]") {
    roompp::limits limits;
    limits.connections = 3;
    roompp::server server;
    server.limits(limits);
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
    int answered = 0;
    int ended = 0;
    for (auto& client : crowd) {
        client.resume_reading();
        if (client.status_so_far() == 503) ++answered;
        if (client.status_so_far() == 0 && !client.is_connected()) ++ended;
    }
    CHECK(answered == 100);
    CHECK(answered + ended == 1000);
    for (auto& client : opened) client.send("still here").expect("still here");

    // They do not count as connections.
    world.advance(limits.close_timeout * 2);
    opened.pop_back();
    CHECK(world.http().get("/hello/").status == 200);
}
