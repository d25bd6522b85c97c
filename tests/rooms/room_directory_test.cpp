// Rooms by name: listed, found, and bound to loops.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

}  // namespace

TEST_CASE("Rooms are listed by name, as many as are asked for", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<rooms::membership> members;
    for (const char* name : {"tea", "coffee", "tea", "water"}) members.push_back(all.join(fake::connect(home), name));
    const auto listed = all.list();
    REQUIRE(listed.size() == 3);
    CHECK(listed[0].name == "coffee");
    CHECK(listed[0].members == 1);
    CHECK(listed[1].name == "tea");
    CHECK(listed[1].members == 2);
    CHECK(listed[2].name == "water");
    CHECK(all.list(2).size() == 2);
    CHECK(all.list(0).empty());
}

TEST_CASE("A room is found by its name, if there is one", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto in_a = all.join(fake::connect(home), "tea");
    std::size_t size = 0;
    CHECK(all.with("tea", [&](room& found) { size = found.size(); }));
    CHECK(size == 1);
    CHECK_FALSE(all.with("te", [&](room&) { size = 99; }));
    all.broadcast("te", "lost");
    home.run();
    CHECK(size == 1);
}

TEST_CASE("Rooms without a loop, or with another one, say what is wrong", "[rooms]") {
    fake::manual_loop home;
    fake::manual_loop other;
    rooms all;
    CHECK_THROWS_AS((void)all.join(fake::connect(home), "tea"), std::logic_error);
    all.attach({&home.get()});
    CHECK_NOTHROW(all.attach({&home.get()}));
    CHECK_THROWS_AS(all.attach({&other.get()}), std::logic_error);
}

TEST_CASE("Copies of a directory are one directory", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    rooms copy = all;
    const auto in_a = all.join(fake::connect(home), "tea");
    CHECK(copy.size() == 1);
}
