// Rooms as their members see them, on one thread and on three.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

// Rooms on a server of one thread, or of three with odd seeds.
struct scene {
    explicit scene(std::uint64_t seed) : world(set_up(seed % 2 == 0 ? 1 : 3), seed) {}

    roompp::rooms<> rooms;
    roompp::server server;
    t::world world;

private:
    roompp::server& set_up(std::size_t threads) {
        server.threads(threads).websocket("/{room}/", rooms);
        return server;
    }
};

}  // namespace

TEST_CASE("Members of one room hear each other, and others do not", "[rooms]") {
    t::explore(10, [](std::uint64_t seed) {
        scene some(seed);
        auto ann = some.world.connect("/a/");
        auto bob = some.world.connect("/a/");
        auto elsewhere = some.world.connect("/b/");
        ann.send("hello");
        for (auto* member : {&ann, &bob}) member->expect("hello");
        bob.send_binary("binary too");
        for (auto* member : {&ann, &bob}) REQUIRE(member->receive_binary() == "binary too");
        elsewhere.send("alone").expect("alone");
        for (auto* member : {&ann, &bob, &elsewhere}) member->receive_nothing();
    });
}

TEST_CASE("Fifty members hear all that each says, in one order", "[rooms]") {
    constexpr std::size_t members = 50;
    constexpr int messages = 100;
    t::explore(2, [](std::uint64_t seed) {
        scene some(seed);
        std::vector<t::client> all;
        while (all.size() < members) all.push_back(some.world.connect("/all/"));
        for (int i = 0; i < messages; ++i)
            for (std::size_t index = 0; index < members; ++index)
                all[index].send(std::to_string(index) + ' ' + std::to_string(i));
        const auto texts = all.front().receive_all();
        for (std::size_t other = 1; other < members; ++other) REQUIRE((all[other].receive_all() == texts));
        REQUIRE(texts.size() == members * messages);
        std::vector<int> counts(members);
        for (const auto& text : texts) {
            const auto space = text.find(' ');
            auto& next = counts.at(std::stoul(text.substr(0, space)));
            REQUIRE(text.substr(space + 1) == std::to_string(next++));
        }
    });
}

TEST_CASE("A room can be left and joined many times", "[rooms]") {
    t::explore(20, [](std::uint64_t seed) {
        scene some(seed);
        for (int i = 0; i < 20; ++i) {
            std::vector<t::client> all;
            for (int number = 0; number < 5; ++number) {
                all.push_back(some.world.client("/busy/").start_connecting());
                all.back().send(std::to_string(number));
            }
            for (int number = 0; number < 5; ++number) {
                auto& client = all[static_cast<std::size_t>(number)];
                bool got_own_text = false;
                for (const auto& text : client.receive_all())
                    got_own_text = got_own_text || text == std::to_string(number);
                REQUIRE(got_own_text);
                REQUIRE(client.close().closed().code == 1000);
            }
        }
        REQUIRE(some.rooms.size() == 0);
    });
}
