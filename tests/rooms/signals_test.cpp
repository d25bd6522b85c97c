// Signals: for the moment, and not kept.

#include <string>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("A signal reaches all but its sender and is in no history", "[room][signal]") {
    scene<remembering> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    ann.in.visit([](remembering&, remembering::member& self) { self.signal("typing"); });
    some.home.run();
    CHECK(ann.received() == strings{"welcome ann at 0"});
    CHECK(bob.received() == strings{"welcome bob at 0", "ann ~ typing"});
    CHECK(some.resume("late", some.epoch(), 0).received() == strings{"welcome late at 0 resumed"});
}
