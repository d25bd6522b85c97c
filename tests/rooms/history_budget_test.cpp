// What the histories of all rooms of a directory may take together.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using namespace std::chrono_literals;
using fake::strings;

namespace {

template <class Room>
struct scene {
    explicit scene(std::size_t bytes) {
        roompp::limits bounds;
        bounds.history_bytes = bytes;
        all.limits(bounds);
        all.on_destroy([this](Room& room) { destroyed.push_back(room.name()); });
    }
    // Says messages of 1000 bytes in a room, with a member that stays, or leaves.
    void fill(const std::string& name, int messages, bool stay = false) {
        auto in = all.join(fake::connect(home), name);
        for (int i = 0; i < messages; ++i) in.receive(std::string(1000, 'x'));
        home.run();
        if (stay) staying.push_back(std::move(in));
    }
    std::vector<std::uint64_t> ids_in(const std::string& name) {
        std::vector<std::uint64_t> ids;
        REQUIRE(all.with(name, [&](Room& room) {
            for (const auto& message : room.catch_up(nullptr, 1000).messages) ids.push_back(message.id);
        }));
        return ids;
    }
    fake::manual_loop home;
    roompp::rooms<Room> all{home.get()};
    strings destroyed;
    std::vector<typename roompp::rooms<Room>::membership> staying;
};

using room = roompp::basic_room<roompp::of_members<fake::member>, roompp::ring_history<1000>>;
using ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("Where histories take too much, empty rooms go, then the oldest messages of the one that is written to",
          "[history_budget]") {
    scene<room> some(20'000);
    some.fill("a", 4);
    some.fill("b", 4);
    some.fill("tea", 4, true);
    some.fill("c", 2);
    CHECK(some.destroyed.empty());
    some.fill("tea", 4);
    CHECK(some.destroyed == strings{"a"});  // it has waited longest
    some.fill("tea", 5);
    CHECK(some.destroyed == strings{"a", "b"});
    CHECK(some.ids_in("c").size() == 2);
    CHECK(some.ids_in("tea").size() == 13);
    some.fill("tea", 17);
    CHECK(some.destroyed == strings{"a", "b", "c"});
    const auto left = some.ids_in("tea");
    CHECK(left.size() >= 10);
    CHECK(left.size() < 20);
    CHECK(left.back() == 30);
    CHECK(left.front() == 31 - left.size());
    // Another room finds little, but its own newest.
    some.fill("other", 3, true);
    CHECK(some.ids_in("tea") == left);
    CHECK(some.ids_in("other").size() <= 3);
}

TEST_CASE("A room that goes gives its share of the histories back", "[history_budget]") {
    scene<room> some(20'000);
    for (int i = 0; i < 20; ++i) {
        some.fill("a", 10, true);
        CHECK(some.ids_in("a").size() == 10);
        some.staying.clear();
        some.home.advance(61s);
        CHECK(some.all.size() == 0);
    }
}

TEST_CASE("A room without members may be written to when there is no place for what it keeps", "[history_budget]") {
    scene<room> some(5'000);
    some.fill("a", 2);
    for (int i = 0; i < 10; ++i) some.all.broadcast("a", std::string(1000, 'x'));
    some.home.run();
    CHECK(some.destroyed == strings{"a"});
}

TEST_CASE("A hook may write to the room for whose sake another one goes", "[history_budget]") {
    scene<room> some(10'000);
    some.fill("a", 5);
    some.fill("b", 1, true);
    some.all.on_destroy([&](room& destroyed) { some.all.broadcast("b", destroyed.name() + " has gone"); });
    some.fill("b", 6, true);
    CHECK(some.all.size() == 1);
    auto left = some.ids_in("b");
    CHECK(left.back() == 8);
    CHECK(left == [&] {
        ids all_of_them;
        for (std::uint64_t id = 9 - left.size(); id <= 8; ++id) all_of_them.push_back(id);
        return all_of_them;
    }());
}

TEST_CASE("A message larger than all histories may be is not kept", "[history_budget]") {
    scene<room> some(500);
    some.fill("a", 3, true);
    CHECK(some.ids_in("a").empty());
}

TEST_CASE("Every loop has its share of the memory for histories", "[history_budget]") {
    fake::manual_loop first(0);
    fake::manual_loop second(1);
    roompp::rooms<room> all;
    roompp::limits bounds;
    bounds.history_bytes = 20'000;
    all.limits(bounds).attach({&first.get(), &second.get()});
    auto in = all.join(fake::connect(first), "a");
    for (int i = 0; i < 30; ++i) in.receive(std::string(1000, 'x'));
    std::size_t count = 0;
    all.with("a", [&](room& a) { count = a.catch_up(nullptr, 1000).messages.size(); });
    CHECK(count >= 4);
    CHECK(count < 10);
}

TEST_CASE("What is too old is forgotten when something is said, and holds no empty room", "[history_budget]") {
    using recent = roompp::basic_room<roompp::of_members<fake::member>, roompp::recent_history<10>>;
    scene<recent> some(10'000);
    some.home.set_wall_time(std::chrono::system_clock::time_point(1000s));
    some.fill("waits", 1);
    some.fill("tea", 5, true);
    some.home.advance(11s);
    some.fill("tea", 5);
    CHECK(some.destroyed.empty());  // nothing had to make place
    CHECK(some.ids_in("tea").size() == 5);
    some.home.advance(11s);
    some.staying.clear();
    CHECK(some.destroyed == strings{"tea"});
}
