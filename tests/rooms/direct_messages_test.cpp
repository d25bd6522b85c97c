// Messages to one person, and kicking one.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("A direct message reaches all connections of the person and of the sender, and nobody else",
          "[room][direct]") {
    scene<social> some;
    some.all.on_message([](social::member& sender, std::string_view text) { CHECK(sender.send_to("bob", text) == 2); });
    auto ann = some.join("ann");
    auto ann_too = some.join("ann");
    auto bob = some.join("bob");
    auto bob_too = some.join("bob");
    auto eve = some.join("eve");
    for (auto* guest : {&ann, &ann_too, &bob, &bob_too, &eve}) (void)guest->received();
    ann.in.receive("psst");
    some.home.run();
    for (auto* guest : {&ann, &ann_too, &bob, &bob_too}) CHECK(guest->received() == strings{"ann->bob: psst"});
    CHECK(eve.received().empty());
    CHECK(some.join("late").received() == strings{"welcome late at 0 with ann bob eve late"});
}

TEST_CASE("A direct message to oneself comes once, and to nobody reaches nobody", "[room][direct]") {
    scene<plain> some;
    std::vector<std::size_t> reached;
    some.all.on_message(
        [&](plain::member& sender, std::string_view person_id) { reached.push_back(sender.send_to(person_id, "x")); });
    auto ann = some.join("ann");
    (void)ann.received();
    ann.in.receive("ann");
    ann.in.receive("nobody");
    some.home.run();
    CHECK(reached == std::vector<std::size_t>{1, 0});
    CHECK(ann.received() == strings{"ann->ann: x"});
}

TEST_CASE("Persons are found however they come and go", "[room][direct]") {
    scene<plain> some;
    std::map<std::string, std::vector<scene<plain>::guest>> guests;
    const auto check = [&] {
        for (const char* const id : {"a", "ab", "b", "member-1", ""}) {
            const auto connections = guests[id].size();
            some.in_room([&](plain& tea) {
                CHECK(tea.has(id) == (connections != 0));
                CHECK(tea.send_to(id, "psst") == connections);
            });
            for (auto& guest : guests[id]) CHECK(guest.received().back() == std::string("server->") + id + ": psst");
        }
    };
    auto nobody = some.join("");  // is called member-1
    guests["member-1"].push_back(std::move(nobody));
    for (const char* const id : {"b", "a", "ab", "a"}) guests[id].push_back(some.join(id));
    check();
    guests["a"].push_back(some.join("a"));
    guests["ab"].clear();
    check();
    guests["a"].erase(guests["a"].begin());
    guests["ab"].push_back(some.join("ab"));
    check();
    some.in_room([](plain& tea) { CHECK(tea.kick("a", 4001) == 2); });
    for (const auto& guest : guests["a"]) CHECK(guest.connection->close_codes() == std::vector<std::uint16_t>{4001});
    guests["a"].clear();
    check();
}

TEST_CASE("Kicking a person closes all of its connections", "[room]") {
    scene<social> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    auto bob_too = some.join("bob");
    some.in_room([](social& tea) {
        CHECK(tea.kick("bob", 4001, "enough") == 2);
        CHECK(tea.kick("nobody") == 0);
    });
    CHECK(bob.connection->close_codes() == std::vector<std::uint16_t>{4001});
    CHECK(bob_too.connection->close_reason() == "enough");
    CHECK_FALSE(ann.connection->closed());
}
