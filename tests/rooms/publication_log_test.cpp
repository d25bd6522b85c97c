// The log of a room: it numbers and keeps messages, and calls back to deliver them.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <roompp/rooms/history.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/publication_log.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

template <class History>
struct fixture {
    std::uint64_t append(const std::string& text) {
        roompp::room_event event;
        event.message = text;
        return log.append(event, nullptr, [&](const roompp::room_event& delivery) {
            delivered.push_back(std::to_string(delivery.id) + ' ' + std::string(delivery.message.data()));
        });
    }
    strings missed(const roompp::resume_point* position, std::size_t max_count = 0) {
        strings texts;
        for (const auto& event : log.catch_up(position, max_count).messages) texts.emplace_back(event.message.data());
        return texts;
    }

    fake::manual_loop home;
    roompp::publication_log<History> log{home.get()};
    strings delivered;
};

using remembering = fixture<roompp::ring_history<3>>;

}  // namespace

TEST_CASE_METHOD(remembering, "A log in memory delivers every message at once, with its number", "[publication_log]") {
    CHECK(log.last_id() == 0);
    CHECK(append("a") == 1);
    CHECK(delivered == strings{"1 a"});
    CHECK(append("b") == 2);
    CHECK(delivered == strings{"1 a", "2 b"});
    CHECK(log.last_id() == 2);
}

TEST_CASE_METHOD(remembering, "A log resumes from a position that it reaches", "[publication_log]") {
    for (const char* text : {"a", "b", "c", "d"}) append(text);
    for (const std::string& epoch : {log.epoch(), std::string()}) {
        const roompp::resume_point position{epoch, 2};
        CHECK(log.reaches(position));
        CHECK(log.catch_up(&position, 0).recovery == roompp::recovery::resumed);
        CHECK(missed(&position) == strings{"c", "d"});
    }
    const auto snapshot = log.catch_up(nullptr, 1);
    CHECK(snapshot.recovery == roompp::recovery::fresh);
    CHECK(snapshot.epoch == log.epoch());
    CHECK(snapshot.last_id == 4);
    CHECK(snapshot.messages.size() == 1);
}

TEST_CASE_METHOD(remembering, "A log gives its latest messages from a position that it does not reach",
                 "[publication_log]") {
    for (const char* text : {"a", "b", "c", "d", "e"}) append(text);
    for (const auto& position : {roompp::resume_point{log.epoch(), 1}, roompp::resume_point{"another epoch", 4},
                                 roompp::resume_point{log.epoch(), 6}}) {
        CHECK_FALSE(log.reaches(position));
        CHECK(log.catch_up(&position, 2).recovery == roompp::recovery::reset);
        CHECK(missed(&position, 2) == strings{"d", "e"});
    }
}

TEST_CASE_METHOD(fixture<roompp::no_history>, "A log without a history numbers and delivers all the same",
                 "[publication_log]") {
    append("a");
    CHECK(append("b") == 2);
    CHECK(delivered == strings{"1 a", "2 b"});
    CHECK(log.empty());
    CHECK(log.reaches({log.epoch(), 2}));
    CHECK_FALSE(log.reaches({log.epoch(), 1}));
}

TEST_CASE("Two logs have different epochs", "[publication_log]") {
    remembering first;
    remembering second;
    CHECK(first.log.epoch() != second.log.epoch());
    CHECK(first.log.epoch().size() == 16);
}

TEST_CASE_METHOD(remembering, "A log that exceeds the budget forgets its oldest messages once nothing can be evicted",
                 "[publication_log]") {
    int evictions = 2;
    const auto budget = std::make_shared<roompp::history_budget>([&] { return evictions-- > 0; });
    log.attach(budget);
    budget->set_limit(0);
    append("a");
    REQUIRE(log.exceeds_budget());
    log.shrink();
    CHECK(evictions == -1);
    CHECK(log.empty());
    CHECK_FALSE(log.exceeds_budget());
    budget->set_limit(1'000'000);
    append("b");
    CHECK_FALSE(log.exceeds_budget());
    CHECK(missed(nullptr, 10) == strings{"b"});
}
