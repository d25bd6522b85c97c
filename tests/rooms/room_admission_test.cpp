// Who may join a room: the bound on members, and the admit hook.

#include <cstdint>
#include <string>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("A full room takes no further member", "[rooms][limits]") {
    scene<plain> some;
    roompp::limits bounds;
    bounds.members_per_room = 2;
    some.all.limits(bounds);
    some.all.set_defaults(roompp::limits(), {});
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    auto late = some.join("late");
    CHECK(late.connection->close_codes() == std::vector<std::uint16_t>{1013});
    CHECK(late.received().empty());
    late.in.receive("nobody hears this");
    ann.in.leave();
    CHECK_FALSE(some.join("late").connection->closed());
}

TEST_CASE("The admit hook refuses with a code and a reason", "[rooms]") {
    scene<remembering> some;
    int created = 0;
    int destroyed = 0;
    some.all.on_create([&] { ++created; })
        .on_destroy([&] { ++destroyed; })
        .on_admit([](remembering& room, remembering::member& member, roompp::join_reply& answer) {
            CHECK(room.name() == "tea");
            if (member.person().id == "mallory") answer.refuse(4003, "you are banned");
        });
    auto mallory = some.join("mallory");
    CHECK(mallory.connection->close_codes() == std::vector<std::uint16_t>{4003});
    CHECK(mallory.connection->close_reason() == "you are banned");
    CHECK(some.all.size() == 0);
    CHECK(created == destroyed);
    auto ann = some.join("ann");
    CHECK_FALSE(ann.connection->closed());
    mallory.in.receive("hello?");
    mallory.in.leave();
    some.home.run();
    CHECK(ann.received() == strings{"welcome ann at 0"});
}
