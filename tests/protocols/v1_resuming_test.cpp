// Resuming in a room of roompp.v1: what a client that reconnects gets.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/v1_people.hpp"

using namespace std::chrono_literals;
using people::in_any_order;
using people::json;
using people::scene;
using people::texts;
using strings = std::vector<std::string>;

namespace {

std::string resume_query(const people::person& member, std::uint64_t after) {
    return "epoch=" + member.history["epoch"].get<std::string>() + "&after=" + std::to_string(after);
}

std::vector<int> numbers(const json& history) {
    std::vector<int> all;
    for (const auto& message : history["messages"]) all.push_back(message["id"]);
    return all;
}

}  // namespace

TEST_CASE("Who comes back gets exactly what it missed", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        auto ben = some.join("name=Ben");
        ann.say("heard");
        const auto resume_point = resume_query(ben, ben.until("message")["id"]);
        ben.client.drop();
        const strings missed = {"missed 1", "missed 2 ä€😀\n\"\\"};
        for (const auto& text : missed) ann.say(text);
        ben = some.join("name=Ben&" + resume_point);
        REQUIRE(ben.history["type"] == "history");
        REQUIRE(texts(ben.history) == missed);
        REQUIRE(numbers(ben.history) == std::vector<int>{2, 3});
        ann.say("live");
        REQUIRE(ben.until("message")["id"] == 4);
    });
}

TEST_CASE("Who missed nothing gets nothing", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join();
        for (std::uint64_t count = 0; count < 2; ++count) {
            const auto ben = some.join(resume_query(ann, count) + "&last=50");
            REQUIRE(ben.history["type"] == "history");
            REQUIRE(ben.history["messages"].empty());
            ann.say("hi");
        }
    });
}

TEST_CASE("A place in another epoch is reset", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join();
        ann.say("one");
        ann.say("two");
        const strings epochs = {"0123456789abcdef", std::string(1000, 'x'), "%00", "%ff"};
        for (const auto& epoch : epochs) {
            CAPTURE(epoch);
            const auto ben = some.join("epoch=" + epoch + "&after=1");
            REQUIRE(ben.history["type"] == "reset");
            REQUIRE(ben.history["epoch"] == ann.history["epoch"]);
            REQUIRE(texts(ben.history) == strings{"one", "two"});
        }
        const auto ben = some.join("epoch=0123456789abcdef&after=1&last=1");
        REQUIRE(ben.history["type"] == "reset");
        REQUIRE(texts(ben.history) == strings{"two"});
    });
}

TEST_CASE("A place that is too old is reset, and the oldest that is not is none", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join_short();
        for (int number = 1; number <= 25; ++number) ann.say(std::to_string(number));
        const strings all_messages = {"16", "17", "18", "19", "20", "21", "22", "23", "24", "25"};
        const auto comes_back = [&](std::uint64_t after, const std::string& kind, const strings& with) {
            CAPTURE(after);
            const auto ben = some.join_short(resume_query(ann, after));
            REQUIRE(ben.history["type"] == kind);
            REQUIRE(texts(ben.history) == with);
        };
        comes_back(25, "history", {});
        comes_back(24, "history", {"25"});
        comes_back(15, "history", all_messages);
        comes_back(14, "reset", all_messages);
        comes_back(0, "reset", all_messages);
    });
}

TEST_CASE("A place in the future is reset", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join();
        ann.say("one");
        for (const std::uint64_t after : {std::uint64_t{2}, std::uint64_t{100'000'000'000'000'000}}) {
            const auto ben = some.join(resume_query(ann, after));
            REQUIRE(ben.history["type"] == "reset");
            REQUIRE(texts(ben.history) == strings{"one"});
        }
    });
}

TEST_CASE("A room of people waits for those who lost their connection", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        ann.say("one");
        ann.client.close();
        some.world.advance(59s);
        auto ben = some.join("name=Ben&" + resume_query(ann, 0));
        REQUIRE(ben.history["type"] == "history");
        REQUIRE(texts(ben.history) == strings{"one"});
        REQUIRE(ben.say("two") == 2);
    });
}

TEST_CASE("A room that need not wait, or has waited long enough, is another one the next time", "[v1][entering]") {
    for (const auto wait : {0s, 60s}) {
        auto bounds = people::any_rate();
        bounds.empty_room = wait;
        in_any_order(bounds, [&](scene& some) {
            auto ann = some.join();
            ann.say("one");
            ann.client.close();
            some.world.settle();  // the room is empty before the time passes
            some.world.advance(wait);
            const auto ben = some.join(resume_query(ann, 1));
            REQUIRE(ben.history["type"] == "reset");
            REQUIRE(ben.history["last"] == 0);
            REQUIRE(ben.history["epoch"] != ann.history["epoch"]);
        });
    }
}
