// Members with different encodings.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("Members with different encodings, or none, are told the same in the same order", "[room][encoding]") {
    scene<social> some;
    auto ann = some.join("ann");
    auto bare = some.join(roompp::join_options<fake::batch>{{"bare", {}, {}}, nullptr, nullptr, 0});
    auto other = some.options_of("other");
    other.encoding = std::make_shared<const readable>();
    auto third = some.join(std::move(other));
    some.in_room([&](social& tea) {
        tea.broadcast("a");
        tea.for_each([](social::member& member) {
            if (member.person().id == "bare") {
                member.send("for you");
                member.write("as it is");
                member.broadcast_to_others("not me");
            }
        });
        tea.signal("s");
    });
    CHECK(bare.received() == strings{"a", "for you", "as it is", "s"});
    CHECK(ann.received() ==
          strings{"welcome ann at 0 with ann", "+bare", "+other", "1 server: a", "2 bare: not me", "server ~ s"});
    CHECK(third.received() ==
          strings{"welcome other at 0 with ann bare other", "1 server: a", "2 bare: not me", "server ~ s"});
}

TEST_CASE("An event is encoded once for each encoding, whatever the number of members", "[room][encoding]") {
    scene<plain> some;
    std::vector<scene<plain>::guest> connections;
    for (int i = 0; i < 100; ++i) connections.push_back(some.join("guest" + std::to_string(i)));
    for (int i = 0; i < 100; ++i) connections.push_back(some.join(roompp::join_options<fake::batch>{}));
    const auto before = fake::batch::encoded().load();
    some.in_room([](plain& tea) { tea.broadcast("a"); });
    CHECK(fake::batch::encoded() == before + 2);
    const auto once = fake::batch::encoded().load();
    some.in_room([](plain& tea) { tea.broadcast_if([](const auto& member) { return member.id() % 2 == 0; }, "half"); });
    CHECK(fake::batch::encoded() == once + 2);
    CHECK(connections[1].received().back() == "server->: half");
    CHECK(connections[2].received().back() == "1 server: a");
    CHECK(connections[199].received() == strings{"a", "half"});
}
