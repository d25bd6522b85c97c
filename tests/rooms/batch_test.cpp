#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <roompp/rooms/batch.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;
using fake::texts_of;
using builder = roompp::batch_builder<fake::batch>;

namespace {

// The batch for the member in that slot.
std::shared_ptr<const fake::batch> for_member(const roompp::delivery<fake::batch>& messages,
                                              const roompp::subscriber_slot& slot) {
    std::vector<roompp::delivery<fake::batch>::member_patch> patches;
    for (const auto& patch : messages.patches)
        if (patch.slot == &slot) patches.push_back(patch);
    return messages.with_patches(patches.begin(), patches.end());
}

}  // namespace

TEST_CASE("A builder without messages is empty", "[batch]") {
    builder gathered;
    CHECK(gathered.empty());
    gathered.add("a");
    CHECK_FALSE(gathered.empty());
    const auto taken = gathered.take();
    CHECK(gathered.empty());
    CHECK(texts_of(*taken.common) == strings{"a"});
    CHECK(taken.patches.empty());
}

TEST_CASE("A message for one alone is not in what the others get", "[batch]") {
    builder gathered;
    const roompp::subscriber_slot one;
    const roompp::subscriber_slot other;
    gathered.add_only(one, "psst");
    CHECK_FALSE(gathered.empty());
    const auto taken = gathered.take();
    CHECK(taken.common->size() == 0);
    CHECK(texts_of(*for_member(taken, one)) == strings{"psst"});
    CHECK(texts_of(*for_member(taken, other)).empty());
}

TEST_CASE("Every member has its own view of one order", "[batch]") {
    builder gathered;
    const roompp::subscriber_slot one;
    const roompp::subscriber_slot two;
    const roompp::subscriber_slot three;
    gathered.add_only(one, "welcome one");
    gathered.add("a");
    gathered.add_except(one, "b");
    gathered.add_only(two, "welcome two");
    gathered.add_only(two, "again");
    gathered.add_except(two, "c");
    gathered.add("d");
    gathered.add_only(one, "bye");
    const auto taken = gathered.take();
    CHECK(texts_of(*taken.common) == strings{"a", "b", "c", "d"});
    CHECK(texts_of(*for_member(taken, one)) == strings{"welcome one", "a", "c", "d", "bye"});
    CHECK(texts_of(*for_member(taken, two)) == strings{"a", "b", "welcome two", "again", "d"});
    CHECK(texts_of(*for_member(taken, three)) == strings{"a", "b", "c", "d"});
}

TEST_CASE("The kind of a message is kept", "[batch]") {
    builder gathered;
    const roompp::subscriber_slot one;
    gathered.add(roompp::binary("a"));
    gathered.add_only(one, roompp::binary("b"));
    gathered.add("c");
    const auto own = for_member(gathered.take(), one);
    REQUIRE(own->size() == 3);
    CHECK(own->messages()[0].kind == roompp::payload_kind::binary);
    CHECK(own->messages()[1].kind == roompp::payload_kind::binary);
    CHECK(own->messages()[2].kind == roompp::payload_kind::text);
}

TEST_CASE("The memory of a delivery that nobody holds serves the next one", "[batch]") {
    builder gathered;
    const roompp::subscriber_slot one;
    gathered.add_except(one, "a");
    auto first = gathered.take();
    const auto* memory = first.common.get();
    gathered.recycle(std::move(first));
    CHECK(gathered.empty());
    gathered.add("b");
    const auto second = gathered.take();
    CHECK(second.common.get() == memory);
    CHECK(texts_of(*second.common) == strings{"b"});
    CHECK(second.patches.empty());
}

TEST_CASE("A delivery that somebody holds is left alone", "[batch]") {
    builder gathered;
    gathered.add("a");
    auto first = gathered.take();
    const auto held = first.common;
    gathered.recycle(std::move(first));
    gathered.add("b");
    CHECK(texts_of(*held) == strings{"a"});
    CHECK(texts_of(*gathered.take().common) == strings{"b"});
}

TEST_CASE("Giving a delivery back does not disturb what is being gathered", "[batch]") {
    builder gathered;
    gathered.add("a");
    auto first = gathered.take();
    gathered.add("b");
    gathered.recycle(std::move(first));
    CHECK(texts_of(*gathered.take().common) == strings{"b"});
}
