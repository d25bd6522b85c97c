// The numbers of messages, and the receipts that carry them.

#include <string>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("Numbers rise by one with every message, whoever says it", "[room][ids]") {
    scene<plain> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    ann.in.receive("a");
    bob.in.receive("b");
    some.in_room([](plain& tea) {
        CHECK(tea.last_id() == 2);
        CHECK(tea.broadcast("c") == 3);
        tea.signal("s");
        tea.broadcast_if([](const auto&) { return true; }, "d");
        CHECK(tea.send_to("ann", "e") == 1);
        CHECK(tea.broadcast("f") == 4);
    });
    const strings expected{"welcome ann at 0", "1 ann: a",    "2 bob: b",       "3 server: c",
                           "server ~ s",       "server->: d", "server->ann: e", "4 server: f"};
    CHECK(ann.received() == expected);
    CHECK(bob.received() == strings{"welcome bob at 0", "1 ann: a", "2 bob: b", "3 server: c", "server ~ s",
                                    "server->: d", "4 server: f"});
}

TEST_CASE("A room that appears again has another epoch and counts from 1", "[room][ids]") {
    scene<plain> some;
    auto ann = some.join("ann");
    ann.in.receive("a");
    const auto before = some.epoch();
    CHECK(before.size() == 16);
    ann.in.leave();
    ann = some.join("ann");
    CHECK(some.epoch() != before);
    ann.in.receive("a");
    some.home.run();
    CHECK(ann.received() == strings{"welcome ann at 0", "1 ann: a"});
}
