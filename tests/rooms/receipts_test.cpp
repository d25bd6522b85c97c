// The receipt of a member's message: its number, or none.

#include <cstdint>
#include <string_view>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

TEST_CASE("A message's receipt has its number, or 0 if the hook did not pass it on", "[room][ids]") {
    scene<plain> some;
    some.all.on_message([](plain::member& sender, std::string_view text) {
        if (text != "spam") sender.broadcast(text);
    });
    auto ann = some.join("ann");
    std::vector<std::uint64_t> numbers;
    const auto note = [&](plain&, plain::member&, const roompp::publication_outcome& outcome) {
        numbers.push_back(outcome.id);
    };
    ann.in.receive("a", note);
    ann.in.receive("spam", note);
    ann.in.receive("b", note);
    CHECK(numbers == std::vector<std::uint64_t>{1, 0, 2});
}

TEST_CASE("A message's receipt has no number of another message, whatever else is said meanwhile", "[room][ids]") {
    scene<plain> some;
    some.all.on_message([](plain& room, plain::member& sender, std::string_view text) {
        room.broadcast("attention");
        if (text == "spam") return;
        sender.broadcast(text);
        sender.broadcast_to_others("and more");
        room.broadcast("that was " + sender.person().id);
    });
    auto ann = some.join("ann");
    std::vector<std::uint64_t> numbers;
    const auto note = [&](plain&, plain::member&, const roompp::publication_outcome& outcome) {
        numbers.push_back(outcome.id);
    };
    ann.in.receive("a", note);
    ann.in.receive("spam", note);
    ann.in.receive("b", note);
    CHECK(numbers == std::vector<std::uint64_t>{2, 0, 7});
}

TEST_CASE("A message that the room passes on in its own name is received as well", "[room][ids]") {
    scene<plain> some;
    some.all.on_message([](plain& room, plain::member& sender, std::string_view text) {
        room.broadcast("attention");
        if (text == "all") room.broadcast(text);
        if (text == "others") room.broadcast_except(sender, "somebody says: others");
    });
    auto ann = some.join("ann");
    std::vector<std::uint64_t> numbers;
    const auto note = [&](plain&, plain::member&, const roompp::publication_outcome& outcome) {
        numbers.push_back(outcome.id);
    };
    ann.in.receive("all", note);
    ann.in.receive("others", note);
    ann.in.receive("spam", note);
    CHECK(numbers == std::vector<std::uint64_t>{2, 4, 0});
}

TEST_CASE("A message that is handled within the hook of another one has a receipt of its own", "[room][ids]") {
    scene<plain> some;
    auto ann = some.join("ann");
    std::vector<std::uint64_t> numbers;
    const auto note = [&](plain&, plain::member&, const roompp::publication_outcome& outcome) {
        numbers.push_back(outcome.id);
    };
    some.all.on_message([&](plain::member& sender, std::string_view text) {
        if (text == "outer") ann.in.receive("inner", note);
        sender.broadcast(text);
    });
    ann.in.receive("outer", note);
    CHECK(numbers == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("A message whose hook ends the membership has no receipt", "[room][ids]") {
    scene<plain> some;
    auto ann = some.join("ann");
    const auto bob = some.join("bob");
    some.all.on_message([&](plain::member& sender) {
        sender.broadcast("bye");
        ann.in = {};
        ann.connection.reset();
    });
    int receipts = 0;
    ann.in.receive("x", [&](plain&, plain::member&, const roompp::publication_outcome&) { ++receipts; });
    CHECK(receipts == 0);
    CHECK(some.all.list().front().members == 1);
}
