// Pings and the close timeout, in virtual time.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("A client that answers pings stays connected", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    world.advance(10min);
    CHECK(client.pings() == 20);
    CHECK(client.send("still here").receive() == "still here");
    client.ping("payload");
    CHECK(client.pongs() == std::vector<std::string>{"payload"});
}

TEST_CASE("A client that does not answer pings is dropped with 1006", "[testing]") {
    std::uint16_t code = 0;
    auto handler = roompp::echo();
    handler.on_close([&](const roompp::close_event& event) { code = event.code; });
    t::world world(handler);
    auto dead = world.client("/").answer_pings(false).connect();
    auto quiet = world.connect("/");
    world.advance(49s);
    CHECK(dead.is_open());
    CHECK(code == 0);
    world.advance(1s);
    CHECK(dead.closed().code == 1006);
    CHECK(code == 1006);
    CHECK(quiet.is_open());
}

TEST_CASE("A peer that does not answer a close is dropped after the close timeout", "[testing]") {
    std::vector<int> ends;
    roompp::websocket_handler handler;
    handler.on_message([](roompp::connection& conn) { conn.close(4001, "bye"); });
    handler.on_close([&](const roompp::close_event& event) { ends.push_back(event.code); });
    t::world world(handler);
    auto deaf = world.client("/").answer_close(false).connect();
    deaf.send("close");
    CHECK(deaf.closed().code == 4001);
    CHECK(ends.empty());
    world.advance(4s);
    CHECK(ends.empty());
    world.advance(1s);
    CHECK(ends == std::vector<int>{4001});
}
