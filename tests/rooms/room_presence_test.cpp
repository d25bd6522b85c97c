// What members are shown of each other.

#include <string>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("Presence: who joins is told who is there, the others are told of persons who come and go",
          "[room][presence]") {
    scene<social> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    auto bob_again = some.join("bob");
    CHECK(ann.received() == strings{"welcome ann at 0 with ann", "+bob"});
    CHECK(bob.received() == strings{"welcome bob at 0 with ann bob"});
    CHECK(bob_again.received() == strings{"welcome bob at 0 with ann bob"});
    some.in_room([](social& tea) {
        CHECK(tea.size() == 3);
        CHECK(tea.people().size() == 2);
        CHECK(tea.has("bob"));
        CHECK_FALSE(tea.has("eve"));
    });
    bob.in.leave();
    some.home.run();
    CHECK(ann.received().empty());
    bob_again.in.leave();
    some.home.run();
    CHECK(ann.received() == strings{"-bob"});
}

TEST_CASE("Connections without an identity are persons of their own", "[room][presence]") {
    scene<social> some;
    auto ann = some.join("");
    auto bob = some.join("");
    CHECK(bob.received() == strings{"welcome member-2 at 0 with member-1 member-2"});
    CHECK(ann.received() == strings{"welcome member-1 at 0 with member-1", "+member-2"});
}
