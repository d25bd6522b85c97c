// What a room does, seen from its hooks.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/rooms/room.hpp>
#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

// A room with three members on one loop.
struct three {
    explicit three(rooms with_hooks = rooms()) : all(std::move(with_hooks)) {
        all.attach({&home.get()});
        for (auto& connection : connections) {
            connection = fake::connect(home);
            memberships.push_back(all.join(connection, "tea"));
        }
        home.run();
    }
    template <class Action>
    void in_room(Action&& action) {
        REQUIRE(all.with("tea", std::forward<Action>(action)));
    }
    const strings& received(std::size_t i) const { return connections[i]->received; }

    fake::manual_loop home;
    rooms all;
    std::shared_ptr<fake::member> connections[3];
    std::vector<rooms::membership> memberships;
};

}  // namespace

TEST_CASE("A room knows its name, size and home", "[room]") {
    three some;
    some.in_room([&](room& tea) {
        CHECK(tea.name() == "tea");
        CHECK(tea.size() == 3);
        CHECK(&tea.home() == &some.home.get());
    });
}

TEST_CASE("No two members of a room ever have one id", "[room]") {
    std::set<std::uint64_t> ids;
    rooms all;
    all.on_join([&](room::member& member) { ids.insert(member.id()); });
    three some(all);
    some.memberships.erase(some.memberships.begin());
    const auto again = some.all.join(fake::connect(some.home), "tea");
    CHECK(ids.size() == 4);
}

TEST_CASE("A room's messages of one turn are written together", "[room]") {
    three some;
    some.in_room([](room& tea) {
        tea.broadcast("one");
        tea.broadcast("two");
    });
    some.all.broadcast("tea", "three");
    CHECK(some.received(0).empty());
    some.home.run();
    for (const auto& connection : some.connections) {
        CHECK(connection->received == strings{"one", "two", "three"});
        CHECK(connection->deliveries == 1);
    }
}

TEST_CASE("A room can be flushed before its turn ends", "[room]") {
    three some;
    some.in_room([&](room& tea) {
        tea.broadcast("one");
        tea.flush();
        CHECK(some.received(2) == strings{"one"});
        tea.flush();
    });
    some.home.run();
    CHECK(some.connections[2]->deliveries == 1);
}

TEST_CASE("A room visits every member, even if members leave meanwhile", "[room]") {
    three some;
    some.in_room([](room& tea) {
        std::size_t visited = 0;
        tea.for_each([&](auto&) { ++visited; });
        CHECK(visited == 3);
        visited = 0;
        tea.for_each([&](auto&) {
            ++visited;
            if (visited == 1) {
                std::size_t visited_inside = 0;
                tea.for_each([&](room::member& other) {
                    if (visited_inside++ != 0) other.leave();
                });
            }
        });
        CHECK(visited == 1);
        CHECK(tea.size() == 1);
    });
}

TEST_CASE("All members can be made to leave, and the room goes", "[room]") {
    three some;
    some.in_room([](room& tea) { tea.for_each([](room::member& member) { member.leave(); }); });
    CHECK(some.all.size() == 0);
    some.memberships.clear();
    CHECK_FALSE(some.connections[0]->closed());
}

TEST_CASE("Closing a room closes every connection with the code and reason", "[room]") {
    three some;
    SECTION("on its loop") {
        some.in_room([](room& tea) { tea.close(4001, "tea is over"); });
    }
    SECTION("from elsewhere") {
        room* tea = nullptr;
        some.in_room([&](room& found) { tea = &found; });
        some.home.belong_to_another_thread();
        tea->close(4001, "tea is over");
        CHECK_FALSE(some.connections[0]->closed());
        some.home.run();
        some.home.get().leave();
    }
    for (const auto& connection : some.connections) {
        CHECK(connection->close_codes() == std::vector<std::uint16_t>{4001});
        CHECK(connection->close_reason() == "tea is over");
    }
}

TEST_CASE("A room closes with 1001 if it is not told otherwise", "[room]") {
    three some;
    some.in_room([](room& tea) { tea.close(); });
    CHECK(some.connections[0]->close_codes() == std::vector<std::uint16_t>{roompp::close_code::going_away});
}

TEST_CASE("A broadcast from another thread is copied and takes its place in the order", "[room]") {
    three some;
    some.home.belong_to_another_thread();
    {
        std::string first = "one";
        some.all.broadcast("tea", first);
        first = "???";
    }
    some.all.broadcast("tea", roompp::binary("two"));
    CHECK(some.received(0).empty());
    some.home.run();
    some.home.get().leave();
    for (const auto& connection : some.connections) {
        CHECK(connection->received == strings{"one", "two"});
        CHECK(connection->kinds.back() == roompp::payload_kind::binary);
    }
}

TEST_CASE("A member that has left gets nothing more and excepts nobody", "[room]") {
    rooms all;
    all.on_leave([](room& tea, room::member& leaving) {
        leaving.send("nothing");
        tea.send(leaving, "nothing");
        tea.broadcast_except(leaving, "left");
    });
    three some(all);
    some.memberships[1].leave();
    some.home.run();
    CHECK(some.received(0) == strings{"left"});
    CHECK(some.received(1).empty());
    CHECK(some.received(2) == strings{"left"});
}

TEST_CASE("A member of another room is no exception here", "[room]") {
    rooms all;
    all.on_message([&](room::member& sender, std::string_view text) {
        all.with("tea", [&](room& tea) {
            tea.broadcast_except(sender, text);
            tea.send(sender, "nothing");
        });
    });
    three some(all);
    const auto guest = fake::connect(some.home);
    auto elsewhere = some.all.join(guest, "coffee");
    elsewhere.receive("hello");
    some.home.run();
    for (std::size_t i = 0; i < 3; ++i) CHECK(some.received(i) == strings{"hello"});
    CHECK(guest->received.empty());
}

TEST_CASE("A member gives its connection", "[room]") {
    fake::member* seen = nullptr;
    rooms all;
    all.on_join([&](room::member& member) { seen = &member.connection(); });
    three some(all);
    CHECK(seen == some.connections[2].get());
}
