// Who may come in, and as whom: what docs/authentication.md shows.

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

// Whoever is in a room is told who it is with each message.
struct scene {
    scene() {
        rooms.on_join([this] { ++joined; });
        rooms.on_message([](roompp::basic_room<>::member& from, std::string_view text) {
            from.send(from.person().id + ' ' + from.person().name + ": " + std::string(text));
        });
        server.websocket("/ws/{room}/", rooms)
            .origins({"https://chat.example.org"})
            .on_connect([](const roompp::request& from, roompp::connect_reply& answer) {
                std::string token = from.cookie("session").value_or("");
                if (const std::string& header = from.header("Authorization"); header.substr(0, 7) == "Bearer ")
                    token = header.substr(7);
                if (const auto user = user_of(token)) return answer.identify(*user);
                answer.refuse(401, "Log in first.\n");
            });
        server.websocket("/token/{room}/", rooms)
            .on_connect([](const roompp::request& from, roompp::connect_reply& answer) {
                if (const auto user = user_of(from.query("token").value_or(""))) return answer.identify(*user);
                answer.refuse(401, "This address has no good token.\n");
            });
        server.websocket("/first/{room}/", rooms)
            .origins({"*"})
            .first_message(10s, [](std::string_view text, roompp::connect_reply& answer) {
                if (const auto user = user_of(std::string(text))) return answer.identify(*user);
                answer.refuse(401, "This is no good token.\n");
            });
    }
    roompp::rooms<> rooms;
    roompp::server server;
    int joined = 0;
};

}  // namespace

TEST_CASE("A cookie or a header says who comes, or that nobody does", "[authentication]") {
    scene some;
    t::world world(some.server);
    const auto check = [&](t::client client) { client.connect().send("hi").expect("42 Ann: hi"); };
    const auto refused = [&](t::client client) {
        const auto& answer = client.try_connect();
        CHECK(answer.status == 401);
        CHECK(answer.body == "Log in first.\n");
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
    CHECK(some.joined == 5);
}

TEST_CASE("A token in the address or in the first message says who comes", "[authentication]") {
    scene some;
    t::world world(some.server);
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
    rooms.on_join([&](roompp::basic_room<>& room, roompp::basic_room<>::member& who) {
        CHECK(room.name() == "my-house/green.tea");
        CHECK(who.connection().peer_address() == "192.0.2.1");
    });
    roompp::server server;
    server.websocket("/{house}/{room}/", rooms)
        .on_connect([&](const roompp::request& from, roompp::connect_reply& answer) {
            seen = std::string(from.parameter("house")) + '|' + std::string(from.parameter("room")) + '|' +
                   std::string(from.parameter("none")) + '|' + from.query("k").value_or("") + '|' + from.peer_address();
            if (from.parameter("house") == "closed") answer.refuse(403, "This house is closed.\n");
        });
    t::world world(server);
    auto ann = world.connect("/my-house/green.tea/?k=v");
    world.settle();
    CHECK(seen == "my-house|green.tea||v|192.0.2.1");
    CHECK(world.client("/closed/tea/").try_connect().status == 403);
    CHECK(seen == "closed|tea|||192.0.2.2");
    CHECK(rooms.size() == 1);
}
