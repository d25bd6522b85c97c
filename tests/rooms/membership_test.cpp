// Memberships as values: moved, left, and kept longer than other handles.

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

TEST_CASE("A membership ends with its object and can be moved", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    {
        auto first = all.join(a, "tea");
        auto second = std::move(first);
        CHECK(second);
        CHECK(all.list().front().members == 1);
        second.receive("one");
        home.run();
        second = all.join(b, "coffee");
        CHECK(all.size() == 1);
        second.receive("two");
        home.run();
        rooms::membership none;
        CHECK_FALSE(none);
        none.receive("nothing");
        none.leave();
        none = std::move(second);
        CHECK(none);
        CHECK(all.size() == 1);
    }
    CHECK(all.size() == 0);
    CHECK(a->received == strings{"one"});
    CHECK(b->received == strings{"two"});
}

TEST_CASE("A membership that was left does nothing more", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int left = 0;
    all.on_leave([&] { ++left; });
    const auto a = fake::connect(home);
    auto in_a = all.join(a, "tea");
    in_a.leave();
    CHECK_FALSE(in_a);
    in_a.leave();
    in_a.receive("unheard");
    home.run();
    CHECK(left == 1);
    CHECK(a->received.empty());
}

TEST_CASE("A connection may be in several rooms, and twice in one", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto a = fake::connect(home);
    auto in_tea = all.join(a, "tea");
    auto in_coffee = all.join(a, "coffee");
    all.broadcast("tea", "t");
    home.run();
    all.broadcast("coffee", "c");
    home.run();
    CHECK(a->received == strings{"t", "c"});
    in_tea.leave();
    all.broadcast("tea", "t");
    all.broadcast("coffee", "c");
    home.run();
    CHECK(a->received == strings{"t", "c", "c"});
    auto again = all.join(a, "coffee");
    all.broadcast("coffee", "d");
    home.run();
    CHECK(a->received == strings{"t", "c", "c", "d", "d"});
}

TEST_CASE("A membership keeps its room going when the directory's handles are gone", "[rooms]") {
    fake::manual_loop home;
    const auto a = fake::connect(home);
    rooms::membership in_a;
    int left = 0;
    {
        rooms all(home);
        all.on_leave([&] { ++left; });
        in_a = all.join(a, "tea");
    }
    in_a.receive("hi");
    home.run();
    CHECK(a->received == strings{"hi"});
    in_a.leave();
    CHECK(left == 1);
}
