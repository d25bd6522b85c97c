// The ways of docs/authentication.md to identify a client.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

namespace {

std::optional<roompp::person> user_of(const std::string& token) {
    if (token != "s3cret") return std::nullopt;
    return roompp::person{"42", "Ann", {}};
}

// Rooms that answer each message with the sender's identity.
struct scene {
    scene() {
        rooms.on_join([this] { ++joined; });
        rooms.on_message([](roompp::basic_room<>::member& member, std::string_view text) {
            member.send(member.person().id + ' ' + member.person().name + ": " + std::string(text));
        });
        server.websocket("/ws/{room}/", rooms)
            .origins({"https://chat.example.org"})
            .on_connect([](const roompp::request& request, roompp::connect_reply& reply) {
                std::string token = request.cookie("session").value_or("");
                if (const std::string& header = request.header("Authorization"); header.substr(0, 7) == "Bearer ")
                    token = header.substr(7);
                if (const auto user = user_of(token)) return reply.identify(*user);
                reply.refuse(401, "Log in first.\n");
            });
        server.websocket("/token/{room}/", rooms)
            .on_connect([](const roompp::request& request, roompp::connect_reply& reply) {
                if (const auto user = user_of(request.query("token").value_or(""))) return reply.identify(*user);
                reply.refuse(401, "This address has no good token.\n");
            });
        server.websocket("/first/{room}/", rooms)
            .origins({"*"})
            .first_message(10s, [](std::string_view text, roompp::connect_reply& reply) {
                if (const auto user = user_of(std::string(text))) return reply.identify(*user);
                reply.refuse(401, "This is no good token.\n");
            });
    }
    roompp::rooms<> rooms;
    roompp::server server;
    int joined = 0;
};

}  // namespace

TEST_CASE("A cookie or a header identifies the client, or it is refused", "[authentication]") {
    scene site;
    t::world world(site.server);
    const auto check = [&](t::client client) { client.connect().send("hi").expect("42 Ann: hi"); };
    const auto refused = [&](t::client client) {
        const auto& reply = client.try_connect();
        CHECK(reply.status == 401);
        CHECK(reply.body == "Log in first.\n");
    };
    check(world.client("/ws/tea/").cookie("session", "s3cret"));
    check(world.client("/ws/tea/").cookie("other", "x").cookie("session", "s3cret"));
    check(world.client("/ws/tea/").header("Authorization", "Bearer s3cret"));
    check(world.client("/ws/tea/").header("authorization", "Bearer s3cret").cookie("session", "old"));
    check(world.client("/ws/tea/").cookie("session", "s3cret").header("Origin", "https://chat.example.org"));
    refused(world.client("/ws/tea/"));
    refused(world.client("/ws/tea/").cookie("session", "guess"));
    refused(world.client("/ws/tea/").cookie("xsession", "s3cret"));
    refused(world.client("/ws/tea/").header("Authorization", "Basic s3cret"));
    refused(world.client("/ws/tea/").header("Authorization", "Bearer guess").cookie("session", "s3cret"));
    // Another site's page has the user's cookie as well.
    CHECK(world.client("/ws/tea/")
              .cookie("session", "s3cret")
              .header("Origin", "https://evil.example")
              .try_connect()
              .status == 403);
    CHECK(site.joined == 5);
}

TEST_CASE("A token in the address or in the first message identifies the client", "[authentication]") {
    scene site;
    t::world world(site.server);
    world.connect("/token/tea/?token=s3cret").send("hi").expect("42 Ann: hi");
    CHECK(world.client("/token/tea/?token=guess").try_connect().status == 401);
    CHECK(world.client("/token/tea/").try_connect().status == 401);
    auto page = world.client("/first/tea/").header("Origin", "https://elsewhere.example").connect();
    page.send("s3cret").send("hi").expect("42 Ann: hi");
    CHECK(world.connect("/first/tea/").send("guess").closed().reason == "This is no good token.");
}

TEST_CASE("Before a client is in a room, the path's parts, the query and the peer's address are known",
          "[authentication]") {
    roompp::rooms<> rooms;
    std::string seen;
    rooms.on_join([&](roompp::basic_room<>& room, roompp::basic_room<>::member& member) {
        CHECK(room.name() == "my-house/green.tea");
        CHECK(member.connection().peer_address() == "192.0.2.1");
    });
    roompp::server server;
    server.websocket("/{house}/{room}/", rooms)
        .on_connect([&](const roompp::request& request, roompp::connect_reply& reply) {
            seen = std::string(request.parameter("house")) + '|' + std::string(request.parameter("room")) + '|' +
                   std::string(request.parameter("none")) + '|' + request.query("k").value_or("") + '|' +
                   request.peer_address();
            if (request.parameter("house") == "closed") reply.refuse(403, "This house is closed.\n");
        });
    t::world world(server);
    auto ann = world.connect("/my-house/green.tea/?k=v");
    world.settle();
    CHECK(seen == "my-house|green.tea||v|192.0.2.1");
    CHECK(world.client("/closed/tea/").try_connect().status == 403);
    CHECK(seen == "closed|tea|||192.0.2.2");
    CHECK(rooms.size() == 1);
}
