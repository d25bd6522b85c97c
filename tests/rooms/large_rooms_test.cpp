// Rooms with many members.

#include <cstddef>
#include <memory>
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

TEST_CASE("A message is encoded once for a thousand members", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<rooms::membership> members;
    for (int i = 0; i < 1000; ++i) members.push_back(all.join(fake::connect(home), "tea"));
    const std::size_t before = fake::batch::encoded();
    members[7].receive("one");
    home.run();
    CHECK(fake::batch::encoded() - before == 1);
    members[7].receive("two");
    members[8].receive("three");
    home.run();
    CHECK(fake::batch::encoded() - before == 3);
}

TEST_CASE("Ten thousand members all get every message until they leave", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<std::shared_ptr<fake::member>> connections;
    std::vector<rooms::membership> members;
    for (int i = 0; i < 10'000; ++i) members.push_back(all.join(connections.emplace_back(fake::connect(home)), "tea"));
    CHECK(all.list().front().members == 10'000);
    all.broadcast("tea", "one");
    home.run();
    for (std::size_t i = 0; i < members.size(); i += 2) members[i].leave();
    all.broadcast("tea", "two");
    home.run();
    std::size_t right = 0;
    for (std::size_t i = 0; i < connections.size(); ++i)
        right += connections[i]->received == (i % 2 == 0 ? strings{"one"} : strings{"one", "two"}) ? 1U : 0U;
    CHECK(right == 10'000);
    members.clear();
    CHECK(all.size() == 0);
}
