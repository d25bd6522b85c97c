// When rooms are created and destroyed.

#include <string>
#include <utility>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

}  // namespace

TEST_CASE("A room appears on its first join and goes with its last member", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    strings events;
    all.on_create([&](room& made) { events.push_back("create " + made.name()); })
        .on_join([&](room& in) { events.push_back("join " + std::to_string(in.size())); })
        .on_leave([&](room& in) { events.push_back("leave " + std::to_string(in.size())); })
        .on_destroy([&](room& destroyed) { events.push_back("destroy " + destroyed.name()); });
    CHECK(all.size() == 0);
    auto a = all.join(fake::connect(home), "tea");
    CHECK(all.size() == 1);
    auto b = all.join(fake::connect(home), "tea");
    CHECK(all.size() == 1);
    a.leave();
    CHECK(all.size() == 1);
    b.leave();
    CHECK(all.size() == 0);
    auto c = all.join(fake::connect(home), "tea");
    CHECK(events ==
          strings{"create tea", "join 1", "join 2", "leave 1", "leave 0", "destroy tea", "create tea", "join 1"});
}

TEST_CASE("A room is destroyed once, even if a leave hook empties it", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int destroyed = 0;
    all.on_leave([](room& in) { in.for_each([](room::member& other) { other.leave(); }); });
    all.on_destroy([&] { ++destroyed; });
    auto in_a = all.join(fake::connect(home), "tea");
    auto in_b = all.join(fake::connect(home), "tea");
    auto in_c = all.join(fake::connect(home), "tea");
    in_a.leave();
    CHECK(all.size() == 0);
    CHECK(destroyed == 1);
}

TEST_CASE("A room that is joined again while its last member leaves stays", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int destroyed = 0;
    rooms::membership next;
    const auto b = fake::connect(home);
    bool joined_again = false;
    all.on_leave([&] {
        if (!std::exchange(joined_again, true)) next = all.join(b, "tea");
    });
    all.on_destroy([&] { ++destroyed; });
    auto in_a = all.join(fake::connect(home), "tea");
    in_a.leave();
    CHECK(destroyed == 0);
    CHECK(all.size() == 1);
    all.broadcast("tea", "hi");
    home.run();
    CHECK(b->received == strings{"hi"});
    next.leave();
    CHECK(destroyed == 1);
}
