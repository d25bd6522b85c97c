// Visits of a member's room: work in order with its messages.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("A visit runs in order with messages, and not at all for who has left", "[rooms]") {
    scene<plain> some;
    auto ann = some.join("ann");
    (void)ann.received();
    ann.in.receive("a");
    ann.in.visit([](plain& tea, plain::member&) { tea.broadcast("b"); });
    ann.in.receive("c");
    some.home.run();
    CHECK(ann.received() == strings{"1 ann: a", "2 server: b", "3 ann: c"});
    bool ran = false;
    some.in_room([](plain& tea) { tea.for_each([](plain::member& member) { member.leave(); }); });
    ann.in.visit([&](plain&, plain::member&) { ran = true; });
    CHECK_FALSE(ran);
}

TEST_CASE("An exception in a visit closes its connection and is reported", "[rooms]") {
    scene<plain> some;
    int failures = 0;
    some.all.on_error([&] { ++failures; });
    auto ann = some.join("ann");
    ann.in.visit([](plain&, plain::member&) { throw std::runtime_error("no"); });
    CHECK(failures == 1);
    CHECK(ann.connection->close_codes() == std::vector<std::uint16_t>{1011});
}
