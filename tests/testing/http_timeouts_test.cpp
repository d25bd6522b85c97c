// The timeouts of requests and responses, in virtual time.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("A request that does not end in time gets 408", "[testing]") {
    roompp::server server;
    server.get("/", [] { return "hello"; });
    for (const std::string begun : {"", "G", "GET /hel", "GET / HTTP/1.1\r\nHost: a\r\n",
                                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"}) {
        CAPTURE(begun);
        t::world world(server);
        auto client = world.http();
        client.send_bytes(begun);
        world.advance(9s);
        CHECK(client.is_waiting());
        world.advance(1s);
        CHECK(client.reply().status == 408);
        CHECK_FALSE(client.is_connected());
    }
}

TEST_CASE("A request that comes byte by byte gets 408", "[testing]") {
    roompp::server server;
    t::world world(server);
    auto client = world.http();
    client.send_bytes("GET /");
    for (int i = 0; i < 10; ++i) {
        CHECK(client.is_waiting());
        client.send_bytes("x");
        world.advance(1s);
    }
    CHECK(client.reply().status == 408);
}

TEST_CASE("An idle connection is closed after a while", "[testing]") {
    roompp::server server;
    server.get("/", [] { return "hello"; });
    t::world world(server);
    auto client = world.http();
    for (int i = 0; i < 3; ++i) {
        CHECK(client.get("/").body == "hello");
        world.advance(59s);
        CHECK(client.is_connected());
    }
    world.advance(1s);
    CHECK_FALSE(client.is_connected());
    CHECK(client.get("/").body == "hello");
}

TEST_CASE("A client that does not read its response is dropped", "[testing]") {
    roompp::server server;
    server.get("/", [] { return std::string(300'000, 'x'); });
    t::world world(server);
    auto client = world.http();
    client.start("GET", "/").pause_reading();
    world.advance(59s);
    CHECK(client.is_waiting());
    client.resume_reading();
    CHECK(client.reply().body.size() == 300'000);
    client.start("GET", "/").pause_reading();
    world.advance(61s);
    client.resume_reading();
    CHECK(client.is_waiting());
    CHECK_FALSE(client.is_connected());
}

TEST_CASE("A response that never comes becomes a 503", "[testing]") {
    roompp::server server;
    roompp::limits limits;
    limits.answer_timeout = 20s;
    server.limits(limits);
    std::optional<roompp::responder> pending;
    std::vector<roompp::abort_reason> ends;
    server.get("/never/", [&](const roompp::request&, const roompp::responder& responder) {
        pending = responder;
        responder.on_end([&](roompp::abort_reason reason) { ends.push_back(reason); });
    });
    server.get("/last/", [&](const roompp::request&, const roompp::responder& responder) {
        pending = responder;
        responder.on_end([](const roompp::responder& pending_request, roompp::abort_reason) {
            pending_request.answer("better late than never");
        });
    });
    t::world world(server);
    auto client = world.http();
    client.start("GET", "/never/");
    world.advance(19s);
    CHECK(client.is_waiting());
    CHECK(ends.empty());
    world.advance(1s);
    CHECK(client.reply().status == 503);
    CHECK(ends == std::vector<roompp::abort_reason>{roompp::abort_reason::timed_out});
    CHECK_FALSE(pending->answer("too late"));
    client.start("GET", "/last/");
    world.advance(20s);
    CHECK(client.reply().body == "better late than never");
}
