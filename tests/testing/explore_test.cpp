// What explore() finds, and how it reports it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

// Answers each message a little later. The mistake: whom to answer is kept in the room's state, which another
// member's message may change meanwhile.
roompp::rooms<> make_forgetful_rooms() {
    roompp::rooms<> rooms;
    const auto sender_id = std::make_shared<std::uint64_t>(0);
    rooms.on_message([sender_id](auto& room, auto& sender, std::string_view text) {
        *sender_id = sender.id();
        room.home().post([sender_id, &room, text = std::string(text)] {
            room.for_each([&](auto& member) {
                if (member.id() == *sender_id) member.send("you said " + text);
            });
        });
    });
    return rooms;
}

// Takes who is first for who was made to come first.
roompp::rooms<> make_rooms_with_host() {
    roompp::rooms<> rooms;
    rooms.on_join([](auto& room, auto& member) {
        if (room.size() == 1) member.send("you are the host");
    });
    return rooms;
}

void test_own_answers(std::uint64_t seed) {
    t::world world(make_forgetful_rooms(), seed);
    auto ann = world.client("/a/").named("Ann").connect();
    auto bob = world.client("/a/").named("Bob").connect();
    ann.send("one");
    bob.send("two");
    ann.expect("you said one");
    bob.expect("you said two");
}

}  // namespace

TEST_CASE("explore() finds a room that mixes up its members", "[testing]") {
    test_own_answers(0);  // all is well in the plain order
    try {
        t::explore(100, test_own_answers);
        FAIL("no order showed the mistake");
    } catch (const t::failure& e) {
        const std::string story = e.what();
        CHECK(story.find("with seed ") == 0);
        CHECK(story.find("roompp::testing::explore({") != std::string::npos);
        CHECK(story.find("expected \"you said ") != std::string::npos);

        // The seed that it tells fails again, in the same way.
        const std::uint64_t seed = std::stoull(story.substr(10));
        for (int i = 0; i < 3; ++i) {
            try {
                t::explore({seed}, test_own_answers);
                FAIL("the seed does not fail again");
            } catch (const t::failure& repeat) {
                CHECK(repeat.what() == story);
            }
        }
    }
}

TEST_CASE("explore() finds a room that relies on the order of connections", "[testing]") {
    const auto test = [](std::uint64_t seed) {
        t::world world(make_rooms_with_host(), seed);
        auto ann = world.client("/a/").start_connecting();
        auto bob = world.client("/a/").start_connecting();
        ann.expect("you are the host");
        bob.receive_nothing();
    };
    test(0);
    CHECK_THROWS_AS(t::explore(100, test), t::failure);
}

TEST_CASE("Exceptions not derived from std::exception pass through explore() unchanged", "[testing]") {
    struct foreign {};
    CHECK_THROWS_AS(t::explore(3, [](std::uint64_t) { throw foreign(); }), foreign);
    int runs = 0;
    t::explore(3, [&](std::uint64_t seed) { CHECK(seed == static_cast<std::uint64_t>(runs++)); });
    CHECK(runs == 3);
    t::explore({7, 9}, [&](std::uint64_t seed) { runs += static_cast<int>(seed); });
    CHECK(runs == 19);
}

TEST_CASE("A server that never comes to rest is a failure", "[testing]") {
    std::function<void()> repeat;
    roompp::websocket_handler handler;
    handler.on_message([&](roompp::connection& conn) {
        repeat = [&repeat, &home = conn.home()] { home.post(repeat); };
        conn.home().post(repeat);
    });
    t::world world(handler);
    world.max_steps(100'000);
    auto client = world.connect("/");
    client.send("go");
    CHECK_THROWS_AS(client.receive_nothing(), t::failure);
}
