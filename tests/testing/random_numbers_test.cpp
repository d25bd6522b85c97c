// The server's random numbers, which come from the seed.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using strings = std::vector<std::string>;

namespace {

// What three persons of a room with presence are told: epoch, ids and who is there.
strings run_room_with_presence(std::uint64_t seed) {
    using room = roompp::basic_room<roompp::presence, roompp::ring_history<10>>;
    roompp::server server;
    server.threads(2);
    server.websocket("/{room}/", roompp::rooms<room>(), roompp::v1_protocol());
    t::world world(server, seed);
    strings texts;
    std::vector<t::client> members;
    for (const std::string name : {"a", "b", "c"})
        members.push_back(world.client("/tea/?name=" + name + "&client=" + std::string(16, name[0]))
                              .subprotocol("roompp.v1")
                              .connect());
    members[0].send(R"({"type":"message","message":"hi"})");
    for (auto& member : members)
        for (auto& text : member.receive_all()) texts.push_back(std::move(text));
    return texts;
}

}  // namespace

TEST_CASE("The seed decides epochs and ids", "[testing]") {
    for (const std::uint64_t seed : {0U, 1U, 2U}) {
        const auto texts = run_room_with_presence(seed);
        REQUIRE(texts.size() >= 9);
        CHECK(texts == run_room_with_presence(seed));
        CHECK(texts != run_room_with_presence(seed + 1));
    }
}

TEST_CASE("Within a world, a server's random numbers come from the seed", "[testing]") {
    roompp::server server;
    roompp::rooms<> rooms;
    strings epochs;
    rooms.on_create([&](auto& room) { epochs.push_back(room.epoch()); });
    server.websocket("/{room}/", rooms);
    strings secrets;
    server.get("/", [&](const roompp::request& request) {
        secrets.emplace_back(request.server_secret());
        return std::string();
    });
    for (int i = 0; i < 2; ++i) {
        t::world world(server);
        world.connect("/a/");
        world.http().get("/");
    }
    REQUIRE(epochs.size() == 2);
    CHECK(epochs[0] == epochs[1]);
    REQUIRE(secrets.size() == 2);
    CHECK(secrets[0] == secrets[1]);
    CHECK(secrets[0].size() > 20);

    t::manual_loop other;
    CHECK(other.get().random() != other.get().random());
}
