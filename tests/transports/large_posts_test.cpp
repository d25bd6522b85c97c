// How large the body of a POST may be.

#include <string>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

TEST_CASE("A message by POST may be as large as over a WebSocket, another body not", "[http_rooms]") {
    roompp::limits bounds;
    bounds.body_bytes = 1000;
    bounds.message_bytes = 5000;
    roompp::server server;
    server.limits(bounds);
    const roompp::rooms<roompp::basic_room<roompp::ring_history<10>>> rooms;
    roompp::http_rooms(server, rooms, roompp::v1_protocol())
        .origins({"https://friend.example"})
        .post_route("/send/{room}/");
    server.post("/form/", [](const roompp::request& req) { return std::to_string(req.body().size()); });
    t::world world(server);
    auto client = world.http();
    const auto message = [](std::size_t bytes) {
        std::string text = R"({"message":""})";
        return text.insert(text.size() - 2, bytes - text.size(), 'x');
    };

    CHECK(client.post("/send/a/", message(5000)).status == 200);
    for (const std::size_t bytes : {std::size_t{5001}, std::size_t{100'000}}) {
        const auto refused = client.post("/send/a/", message(bytes), {{"Origin", "https://friend.example"}});
        CHECK(refused.status == 413);
        CHECK(refused.header("Content-Type") == "application/json");
        CHECK(refused.body.find(R"("error":"too_large")") != std::string::npos);
        CHECK(refused.header("Access-Control-Allow-Origin") == "https://friend.example");
    }
    CHECK(client.post("/send/a/", message(5001), {{"Origin", "https://evil.example"}}).status == 403);
    CHECK(client.post("/send/a/", message(20)).status == 200);

    CHECK(client.post("/form/", std::string(1000, 'x')).body == "1000");
    CHECK(client.post("/form/", std::string(1001, 'x')).status == 413);
    CHECK(client.post("/nowhere/", std::string(1001, 'x')).status == 413);
}

TEST_CASE("A message that is too large has each header of its answer once, whatever else a body may have",
          "[http_rooms]") {
    roompp::limits bounds;
    bounds.message_bytes = 100;
    roompp::server server;
    server.limits(bounds);
    const roompp::rooms<roompp::basic_room<roompp::ring_history<10>>> rooms;
    roompp::http_rooms(server, rooms, roompp::v1_protocol()).post_route("/send/{room}/");
    t::world world(server);
    const auto refused = world.http().post("/send/a/", R"({"ack":7,"message":")" + std::string(200, 'x') + "\"}");
    CHECK(refused.status == 413);
    CHECK(refused.body.find(R"("ack":7)") != std::string::npos);  // the body was read
    CHECK(refused.header("Cache-Control") == "no-store");         // two would be joined
}
