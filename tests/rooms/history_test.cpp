#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/rooms/history.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using roompp::event_kind;
using roompp::payload;
using roompp::room_event;

namespace {

using time_point = std::chrono::system_clock::time_point;

template <class History>
void say(History& history, std::uint64_t id, payload message, time_point at = {}) {
    history.push({event_kind::message, id, at, nullptr, {}, message}, nullptr);
}

std::vector<std::uint64_t> ids_of(const std::vector<room_event>& events) {
    std::vector<std::uint64_t> ids;
    for (const auto& event : events) ids.push_back(event.id);
    return ids;
}
using ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("A history without messages has none and reaches only to the latest", "[history]") {
    const roompp::ring_history<3> history;
    CHECK(history.empty());
    CHECK(history.after(0).empty());
    CHECK(history.reaches(0, 0));
    CHECK_FALSE(history.reaches(0, 1));
    CHECK_FALSE(history.reaches(2, 1));
}

TEST_CASE("A ring history keeps the latest messages in order, across its end", "[history]") {
    roompp::ring_history<3> history;
    for (std::uint64_t id = 1; id <= 20; ++id) {
        say(history, id, std::to_string(id));
        const std::uint64_t oldest = id < 3 ? 1 : id - 2;
        CHECK(history.after(0).front().id == oldest);
        CHECK(history.after(0).back().id == id);
        CHECK(history.reaches(oldest - 1, id));
        CHECK(history.reaches(oldest - 1, id) != (oldest >= 2 && history.reaches(oldest - 2, id)));
    }
    CHECK(ids_of(history.after(18)) == ids{19, 20});
    CHECK(history.after(18).front().message.data() == "19");
    CHECK(history.after(20).empty());
    CHECK(history.after(99).empty());
}

TEST_CASE("A history knows from whom, when, and of what kind a message was, and copies it", "[history]") {
    roompp::ring_history<2> history;
    std::string text = "hello";
    const auto ann = std::make_shared<const roompp::person>(roompp::person{"a", "Ann", {}});
    history.push({event_kind::message, 7, time_point(5s), nullptr, {}, roompp::binary(text)}, ann);
    text = "?????";
    const auto stored = history.after(0);
    REQUIRE(stored.size() == 1);
    CHECK(stored[0].sender == ann.get());
    CHECK(stored[0].at == time_point(5s));
    CHECK(stored[0].message.is_binary());
    CHECK(stored[0].message.data() == "hello");
}

TEST_CASE("A history is bounded in bytes, whatever the number of messages", "[history]") {
    roompp::ring_history<100, 0, 10> history;
    say(history, 1, "aaaa");
    say(history, 2, "bbbb");
    say(history, 3, "cc");
    CHECK(ids_of(history.after(0)) == ids{1, 2, 3});
    say(history, 4, "d");
    CHECK(ids_of(history.after(0)) == ids{2, 3, 4});
    say(history, 5, "eeeeeeeeee");
    CHECK(ids_of(history.after(0)) == ids{5});

    SECTION("a message that is too large leaves no gap") {
        say(history, 6, "eleven byte");
        CHECK(history.empty());
        CHECK_FALSE(history.reaches(5, 6));
        CHECK(history.reaches(6, 6));
        say(history, 7, "x");
        CHECK(history.reaches(6, 7));
        CHECK_FALSE(history.reaches(5, 7));
    }
    SECTION("empty messages count as messages") {
        for (std::uint64_t id = 6; id < 300; ++id) say(history, id, "");
        CHECK(history.after(0).size() == 100);
    }
}

TEST_CASE("A recent history forgets what is too old when it is told the time", "[history]") {
    roompp::recent_history<60> history;
    say(history, 1, "a", time_point(0s));
    say(history, 2, "b", time_point(30s));
    history.forget_before(time_point(60s));
    CHECK(ids_of(history.after(0)) == ids{1, 2});
    history.forget_before(time_point(61s));
    CHECK(ids_of(history.after(0)) == ids{2});
    CHECK_FALSE(history.reaches(0, 2));
    history.forget_before(time_point(1000s));
    CHECK(history.empty());
}

TEST_CASE("Messages of any age stay in a history without an age", "[history]") {
    roompp::ring_history<2> history;
    say(history, 1, "a", time_point(0s));
    history.forget_before(time_point(1'000'000s));
    CHECK_FALSE(history.empty());
}

TEST_CASE("A history says how much memory it takes, and gives it back with its messages", "[history]") {
    roompp::ring_history<1000> history;
    CHECK(history.memory() == 0);
    const std::string text(1000, 'x');
    for (std::uint64_t id = 1; id <= 100; ++id) say(history, id, text);
    const auto full = history.memory();
    CHECK(full > 100 * 1000);
    CHECK(full < 200 * 1000);
    for (std::uint64_t id = 1; id < 100; ++id) {
        history.forget_oldest();
        REQUIRE(history.after(0).front().id == id + 1);
        REQUIRE(history.after(0).back().id == 100);
    }
    CHECK(history.memory() < 2000);
    history.forget_oldest();
    CHECK(history.memory() == 0);
    say(history, 101, "again");
    CHECK(ids_of(history.after(0)) == ids{101});
}

TEST_CASE("What a history says of its memory is what its messages have, whatever came before", "[history]") {
    roompp::ring_history<16, 10> history;
    std::uint64_t id = 0;
    for (const std::size_t size : {5U, 100U, 5000U, 1U, 300U, 0U, 70'000U})
        for (int i = 0; i < 20; ++i) {
            say(history, ++id, std::string(size, 'x'), time_point(std::chrono::seconds(id)));
            history.forget_before(time_point(std::chrono::seconds(id)));
            if (id % 7 == 0) history.forget_oldest();
            std::size_t bytes = 0;
            for (const auto& event : history.after(0)) bytes += event.message.size();
            REQUIRE(history.memory() >= bytes);
            REQUIRE(history.memory() <= 2 * bytes + 16 * 512);
        }
    while (!history.empty()) history.forget_oldest();
    CHECK(history.memory() == 0);
}
