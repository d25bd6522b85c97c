// Headers that a handler adds by responder::add_headers().

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("Headers that a handler adds are on the server's own response to the request, and on no later one",
          "[responder]") {
    roompp::server server;
    roompp::limits bounds;
    bounds.answer_timeout = 5s;
    server.limits(bounds);
    std::vector<roompp::responder> pending;
    server.get("/never/", [&](const roompp::request&, roompp::responder& responder) {
        responder.add_headers({{"X-Mine", "yes"}});
        pending.push_back(responder);
    });
    server.get("/page/", [](const roompp::request&) { return "page"; });
    server.get("/fails/", [](const roompp::request&, roompp::responder& responder) -> std::optional<roompp::response> {
        responder.add_headers({{"X-Mine", "yes"}});
        throw std::runtime_error("told to");
    });
    server.on_error([](const std::exception_ptr&) {});
    t::world world(server);
    auto client = world.http();
    CHECK(client.get("/fails/").header("X-Mine") == "yes");
    CHECK(client.get("/page/").header("X-Mine").empty());
    client.start("GET", "/never/");
    world.advance(10s);
    const auto answer = client.reply();
    CHECK(answer.status == 503);
    CHECK(answer.header("X-Mine") == "yes");
}
