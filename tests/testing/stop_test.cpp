// The stop of a server, in virtual time.

#include <chrono>
#include <cstddef>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("A stop closes with 1001, and cuts clients that do not answer after the timeout", "[testing]") {
    for (const std::size_t threads : {1U, 3U}) {
        CAPTURE(threads);
        roompp::server server;
        server.threads(threads);
        roompp::limits limits;
        limits.stop_timeout = 20s;
        limits.close_timeout = 60s;
        server.limits(limits);
        std::vector<int> ends;
        auto handler = roompp::echo();
        handler.on_close([&](const roompp::close_event& event) { ends.push_back(event.code); });
        server.websocket("/", handler);
        t::world world(server);
        auto polite = world.connect("/");
        auto deaf = world.client("/").answer_close(false).connect();
        auto halfway = world.http();
        halfway.send_bytes("GET /hel");
        world.stop();
        CHECK(polite.closed().code == 1001);
        CHECK(polite.closed().reason == "server stops");
        CHECK(deaf.closed().code == 1001);
        CHECK_FALSE(halfway.is_connected());
        CHECK(ends.size() == 1);
        world.advance(19s);
        CHECK(ends.size() == 1);
        world.advance(1s);
        CHECK(ends.size() == 2);
    }
}
