// Members that come back: what they get, exactly once.

#include <cstdint>
#include <memory>
#include <string>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("A member that resumes gets exactly what it missed, then what is said live", "[room][recovery]") {
    scene<remembering> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    for (const char* text : {"a", "b", "c"}) ann.in.receive(text);
    bob.in.leave();
    for (const char* text : {"d", "e"}) ann.in.receive(text);
    bob = some.resume("bob", some.epoch(), 3);
    ann.in.receive("f");
    some.home.run();
    CHECK(bob.received() == strings{"welcome bob at 5 resumed", "4 ann: d", "5 ann: e", "6 ann: f"});

    SECTION("nothing, if it missed nothing") {
        bob = some.resume("bob", some.epoch(), 6);
        CHECK(bob.received() == strings{"welcome bob at 6 resumed"});
    }
    SECTION("all from the start, if that is still there") {
        scene<remembering> fresh;
        auto ann2 = fresh.join("ann");
        ann2.in.receive("a");
        fresh.home.run();
        auto bob2 = fresh.resume("bob", fresh.epoch(), 0);
        CHECK(bob2.received() == strings{"welcome bob at 1 resumed", "1 ann: a"});
    }
}

TEST_CASE("A member that can't go on from where it was is told so, and gets the latest messages", "[room][recovery]") {
    scene<remembering> some;
    auto ann = some.join("ann");
    for (const char* text : {"a", "b", "c", "d", "e", "f", "g"}) ann.in.receive(text);
    const auto epoch = some.epoch();

    SECTION("its last message is too long ago") {
        CHECK(some.resume("bob", epoch, 1, 2).received() == strings{"welcome bob at 7 reset", "6 ann: f", "7 ann: g"});
        CHECK(some.resume("bob", epoch, 2, 0).received().front() == "welcome bob at 7 resumed");
    }
    SECTION("the epoch is another one") {
        CHECK(some.resume("bob", "0123456789abcdef", 7, 1).received() == strings{"welcome bob at 7 reset", "7 ann: g"});
        CHECK(some.resume("bob", "fedcba9876543210", 7).received() == strings{"welcome bob at 7 reset"});
    }
    SECTION("unless it names no epoch: that means the present one") {
        CHECK(some.resume("bob", "", 6).received() == strings{"welcome bob at 7 resumed", "7 ann: g"});
    }
    SECTION("its number was never given") {
        CHECK(some.resume("bob", epoch, 8).received() == strings{"welcome bob at 7 reset"});
        CHECK(some.resume("bob", epoch, UINT64_MAX, 1000).received().size() == 6);
    }
    SECTION("a fresh one gets as many as it asks for") {
        auto options = some.options_of("bob");
        options.history_limit = 2;
        CHECK(some.join(options).received() == strings{"welcome bob at 7", "6 ann: f", "7 ann: g"});
        options.history_limit = 1000;
        CHECK(some.join(options).received().size() == 6);
    }
}

TEST_CASE("Without a history a member can only go on if it missed nothing", "[room][recovery]") {
    scene<plain> some;
    auto ann = some.join("ann");
    ann.in.receive("a");
    CHECK(some.resume("bob", some.epoch(), 1).received() == strings{"welcome bob at 1 resumed"});
    CHECK(some.resume("bob", some.epoch(), 0, 10).received() == strings{"welcome bob at 1 reset"});
}

TEST_CASE("At the seam between missed and live messages none is lost or doubled", "[room][recovery]") {
    scene<remembering> some;
    auto ann = some.join("ann");
    some.in_room([&](remembering& tea) {
        tea.broadcast("a");  // gathered in this turn, not written yet
        auto options = some.options_of("bob");
        options.resume = std::make_shared<const roompp::resume_point>(roompp::resume_point{tea.epoch(), 0});
        auto connection = fake::connect(some.home);
        auto in = some.all.join(connection, "tea", options);
        tea.broadcast("b");
        tea.flush();
        CHECK(connection->received == strings{"welcome bob at 1 resumed", "1 server: a", "2 server: b"});
    });
}
