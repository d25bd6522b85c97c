// Empty rooms that wait for members to come back.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace std::chrono_literals;
using namespace readable_rooms;

TEST_CASE("A room with a history waits for those who lost their connection", "[room][recovery]") {
    scene<remembering> some;
    int destroyed = 0;
    some.all.on_destroy([&] { ++destroyed; });
    auto ann = some.join("ann");
    ann.in.receive("a");
    some.home.run();
    const auto epoch = some.epoch();
    ann.in.leave();
    CHECK(some.all.size() == 1);

    SECTION("and goes when nobody comes") {
        some.pass(59s);
        CHECK(some.all.size() == 1);
        some.pass(1s);
        CHECK(some.all.size() == 0);
        CHECK(destroyed == 1);
    }
    SECTION("and stays when somebody comes, for as long as there is somebody") {
        some.pass(59s);
        auto back = some.resume("ann", epoch, 0);
        CHECK(back.received() == strings{"welcome ann at 1 resumed", "1 ann: a"});
        some.pass(1000s);
        CHECK(some.all.size() == 1);
        back.in.leave();
        some.pass(60s);
        CHECK(destroyed == 1);
    }
    SECTION("but not if it has nothing to say") {
        scene<remembering> quiet;
        quiet.join("ann");
        CHECK(quiet.all.size() == 0);
    }
    SECTION("and does not outlive its directory") {
        some.all = roompp::rooms<remembering>(some.home.get());
        some.pass(100s);
        CHECK(destroyed == 0);
    }
}

TEST_CASE("A full directory lets the room go that has waited longest, and otherwise takes no other",
          "[rooms][limits]") {
    scene<remembering> some;
    roompp::limits bounds;
    bounds.rooms = 3;
    some.all.limits(bounds);
    strings destroyed;
    some.all.on_destroy([&](remembering& room) { destroyed.push_back(room.name()); });
    std::vector<std::shared_ptr<fake::member>> connections;
    std::vector<roompp::rooms<remembering>::membership> in;
    const auto enter = [&](const std::string& name) {
        connections.push_back(fake::connect(some.home));
        in.push_back(some.all.join(connections.back(), name, some.options_of("x")));
        in.back().receive("hi");
        some.home.run();
    };
    enter("a");
    enter("b");
    enter("c");
    in[1].leave();
    in[0].leave();
    enter("d");
    CHECK(destroyed == strings{"b"});
    enter("e");
    CHECK(destroyed == strings{"b", "a"});
    enter("f");
    CHECK(destroyed.size() == 2);
    CHECK(some.all.size() == 3);
    CHECK(connections.back()->close_codes() == std::vector<std::uint16_t>{1013});
    CHECK(connections.back()->close_reason() == "there are too many rooms");
    enter("c");
    CHECK_FALSE(connections.back()->closed());
}
