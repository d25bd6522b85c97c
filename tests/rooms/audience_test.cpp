#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <roompp/rooms/audience.hpp>
#include <roompp/rooms/batch.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

// A few connections in an audience, each with its slot.
struct subscribers {
    explicit subscribers(std::size_t n) : slots(n) {
        for (std::size_t i = 0; i < n; ++i) {
            connections.push_back(fake::connect(home));
            all.add(*connections[i], slots[i]);
        }
    }
    void deliver() { all.deliver(gathered.take()); }
    const strings& received(std::size_t i) const { return connections[i]->received; }

    fake::manual_loop home;
    std::vector<std::shared_ptr<fake::member>> connections;
    std::deque<roompp::subscriber_slot> slots;
    roompp::audience<fake::member> all;
    roompp::batch_builder<fake::batch> gathered;
};

// A connection whose type writes to many at once.
struct crowd_member {
    using batch_type = fake::batch;
    explicit crowd_member(roompp::loop& where) : loop_of(&where) {}
    void deliver(const std::shared_ptr<const fake::batch>&) { ++alone; }
    void close(std::uint16_t, std::string_view) {}
    roompp::loop& home() const { return *loop_of; }
    static void deliver_all(crowd_member* const* first, crowd_member* const* last,
                            const std::shared_ptr<const fake::batch>&, roompp::when_slow) {
        ++calls;
        for (; first != last; ++first) ++(*first)->together;
    }

    roompp::loop* loop_of;
    int alone = 0;
    int together = 0;
    static inline int calls = 0;
};

}  // namespace

TEST_CASE("An audience counts its connections", "[audience]") {
    subscribers some(3);
    CHECK(some.all.size() == 3);
    CHECK_FALSE(some.all.empty());
    CHECK(some.all.contains(some.slots[1]));
    some.all.remove(some.slots[1]);
    CHECK(some.all.size() == 2);
    CHECK_FALSE(some.all.contains(some.slots[1]));
    CHECK(some.slots[1].index == roompp::subscriber_slot::npos);
    CHECK(some.all.contains(some.slots[0]));
    CHECK(some.all.contains(some.slots[2]));
}

TEST_CASE("Removing from an audience leaves all others in it", "[audience]") {
    for (std::size_t removed = 0; removed < 5; ++removed) {
        CAPTURE(removed);
        subscribers some(5);
        some.all.remove(some.slots[removed]);
        some.gathered.add("a");
        some.deliver();
        for (std::size_t i = 0; i < 5; ++i) CHECK(some.received(i) == (i == removed ? strings{} : strings{"a"}));
    }
}

TEST_CASE("Removing one that is not in an audience does nothing", "[audience]") {
    subscribers some(2);
    subscribers others(2);
    roompp::subscriber_slot nobody;
    some.all.remove(nobody);
    some.all.remove(others.slots[0]);
    some.all.remove(some.slots[0]);
    some.all.remove(some.slots[0]);
    CHECK(some.all.size() == 1);
    CHECK(others.all.size() == 2);
    CHECK(others.all.contains(others.slots[0]));
}

TEST_CASE("Joining again after the removal works", "[audience]") {
    subscribers some(3);
    some.all.remove(some.slots[0]);
    some.all.remove(some.slots[2]);
    some.all.remove(some.slots[1]);
    CHECK(some.all.empty());
    some.all.add(*some.connections[1], some.slots[1]);
    some.gathered.add("a");
    some.deliver();
    CHECK(some.received(0).empty());
    CHECK(some.received(1) == strings{"a"});
}

TEST_CASE("A patch is for its member alone, whatever its position", "[audience]") {
    for (std::size_t special = 0; special < 4; ++special) {
        CAPTURE(special);
        subscribers some(4);
        some.gathered.add("a");
        some.gathered.add_except(some.slots[special], "b");
        some.gathered.add_only(some.slots[special], "c");
        some.gathered.add("d");
        some.deliver();
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(some.received(i) == (i == special ? strings{"a", "c", "d"} : strings{"a", "b", "d"}));
            CHECK(some.connections[i]->deliveries == 1);
        }
    }
}

TEST_CASE("Patches follow their members when positions change", "[audience]") {
    subscribers some(4);
    some.gathered.add_except(some.slots[3], "a");
    some.gathered.add_only(some.slots[0], "b");
    some.all.remove(some.slots[0]);  // the last one takes its place
    some.deliver();
    CHECK(some.received(0).empty());
    CHECK(some.received(1) == strings{"a"});
    CHECK(some.received(2) == strings{"a"});
    CHECK(some.received(3).empty());
}

TEST_CASE("A member without messages gets no delivery", "[audience]") {
    subscribers some(2);
    some.gathered.add_except(some.slots[0], "a");
    some.deliver();
    CHECK(some.connections[0]->deliveries == 0);
    CHECK(some.connections[1]->deliveries == 1);
    some.gathered.add_only(some.slots[0], "b");
    some.deliver();
    CHECK(some.connections[0]->deliveries == 1);
    CHECK(some.connections[1]->deliveries == 1);
}

TEST_CASE("Every member may have a patch", "[audience]") {
    subscribers some(3);
    for (std::size_t i = 0; i < 3; ++i) some.gathered.add_only(some.slots[2 - i], "a");
    some.deliver();
    for (std::size_t i = 0; i < 3; ++i) CHECK(some.received(i) == strings{"a"});
}

TEST_CASE("A connection type that writes to many at once gets all of them together", "[audience]") {
    fake::manual_loop home;
    std::deque<crowd_member> crowd;
    std::array<roompp::subscriber_slot, 6> slots;
    roompp::audience<crowd_member> all;
    for (auto& slot : slots) all.add(crowd.emplace_back(home.get()), slot);
    roompp::batch_builder<fake::batch> gathered;
    crowd_member::calls = 0;

    gathered.add("a");
    all.deliver(gathered.take());
    CHECK(crowd_member::calls == 1);
    for (const auto& member : crowd) CHECK(member.together == 1);

    gathered.add("b");
    gathered.add_only(slots[2], "c");
    all.deliver(gathered.take());
    CHECK(crowd_member::calls == 3);
    CHECK(crowd[2].alone == 1);
    CHECK(crowd[2].together == 1);
    CHECK(crowd[5].together == 2);
}
