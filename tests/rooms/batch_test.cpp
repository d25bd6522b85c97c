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
    const auto messages = gathered.take();
    CHECK(gathered.empty());
    CHECK(texts_of(*messages.common) == strings{"a"});
    CHECK(messages.patches.empty());
}

TEST_CASE("A message for one alone is not in what the others get", "[batch]") {
    builder gathered;
    const roompp::subscriber_slot first;
    const roompp::subscriber_slot second;
    gathered.add_only(first, "psst");
    CHECK_FALSE(gathered.empty());
    const auto messages = gathered.take();
    CHECK(messages.common->size() == 0);
    CHECK(texts_of(*for_member(messages, first)) == strings{"psst"});
    CHECK(texts_of(*for_member(messages, second)).empty());
}

TEST_CASE("Every member has its own view of one order", "[batch]") {
    builder gathered;
    const roompp::subscriber_slot first;
    const roompp::subscriber_slot second;
    const roompp::subscriber_slot third;
    gathered.add_only(first, "welcome one");
    gathered.add("a");
    gathered.add_except(first, "b");
    gathered.add_only(second, "welcome two");
    gathered.add_only(second, "again");
    gathered.add_except(second, "c");
    gathered.add("d");
    gathered.add_only(first, "bye");
    const auto messages = gathered.take();
    CHECK(texts_of(*messages.common) == strings{"a", "b", "c", "d"});
    CHECK(texts_of(*for_member(messages, first)) == strings{"welcome one", "a", "c", "d", "bye"});
    CHECK(texts_of(*for_member(messages, second)) == strings{"a", "b", "welcome two", "again", "d"});
    CHECK(texts_of(*for_member(messages, third)) == strings{"a", "b", "c", "d"});
}

TEST_CASE("The kind of a message is kept", "[batch]") {
    builder gathered;
    const roompp::subscriber_slot first;
    gathered.add(roompp::binary("a"));
    gathered.add_only(first, roompp::binary("b"));
    gathered.add("c");
    const auto own = for_member(gathered.take(), first);
    REQUIRE(own->size() == 3);
    CHECK(own->messages()[0].kind == roompp::payload_kind::binary);
    CHECK(own->messages()[1].kind == roompp::payload_kind::binary);
    CHECK(own->messages()[2].kind == roompp::payload_kind::text);
}

TEST_CASE("The memory of a delivery that nobody holds serves the next one", "[batch]") {
    builder gathered;
    const roompp::subscriber_slot slot;
    gathered.add_except(slot, "a");
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
    const auto shared = first.common;
    gathered.recycle(std::move(first));
    gathered.add("b");
    CHECK(texts_of(*shared) == strings{"a"});
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
