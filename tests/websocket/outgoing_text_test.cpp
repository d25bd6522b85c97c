// Text of the application that is not UTF-8 never gets to a client.

#include <string>

#include <nlohmann/json.hpp>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

constexpr const char* bad = "caf\xE9";
constexpr const char* repaired = "caf\uFFFD";

}  // namespace

TEST_CASE("What a connection sends as text, and its close reason, are UTF-8", "[messages][utf8]") {
    t::world world(roompp::websocket_handler()
                       .on_open([](roompp::connection& conn) { conn.send(bad); })
                       .on_message([](roompp::connection& conn, roompp::payload) {
                           conn.send(roompp::binary(bad));
                           conn.close(4000, bad);
                       }));
    auto client = world.connect("/");
    client.expect(repaired);
    client.send("go");
    CHECK(client.receive_binary() == bad);
    const auto event = client.closed();
    CHECK(event.code == 4000);
    CHECK(event.reason == repaired);
}

TEST_CASE("A body that is no text may be broadcast", "[messages][utf8]") {
    roompp::rooms<> rooms;
    roompp::server server;
    server.websocket("/raw/{room}/", rooms);
    server.websocket("/v1/{room}/", rooms, roompp::v1_protocol());
    server.post("/{room}/", [rooms](const roompp::request& request) mutable {
        rooms.broadcast(std::string(request.parameter("room")), request.body());
        return "sent\n";
    });
    t::world world(server);
    auto raw = world.connect("/raw/tea/");
    auto v1 = world.client("/v1/tea/").subprotocol("roompp.v1").connect();
    (void)v1.receive();
    auto poster = world.http();
    CHECK(poster.post("/tea/", bad).status == 200);
    raw.expect(repaired);
    CHECK(nlohmann::json::parse(v1.receive())["message"] == repaired);
}
