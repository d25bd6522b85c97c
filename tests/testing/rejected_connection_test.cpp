// Connections that the server does not take.

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

TEST_CASE("A connection to a server that stops is ended", "[testing]") {
    roompp::server server;
    server.websocket("/", roompp::echo());
    t::world world(server);
    auto open_client = world.connect("/").answer_close(false);  // so that the server does not come to its end
    world.stop();
    auto rejected = world.client("/").start_connecting();
    CHECK(rejected.closed().code == 1006);
    auto browser = world.http();
    browser.start("GET", "/");
    world.settle();
    CHECK_FALSE(browser.is_connected());
}

TEST_CASE("A full server rejects connections, and recovers", "[testing]") {
    roompp::server server;
    roompp::limits limits;
    limits.connections = 3;
    server.limits(limits);
    server.websocket("/", roompp::echo());
    server.get("/hello/", [] { return "hello"; });
    t::world world(server);
    auto first = world.connect("/");
    auto second = world.connect("/");
    auto third = world.connect("/");
    auto client = world.http();
    CHECK(client.get("/hello/").status == 503);
    first.drop();
    world.settle();
    CHECK(client.get("/hello/").status == 200);
}
