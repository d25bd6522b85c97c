// Entering a room of roompp.v1: the first frames, coming back to it, and what is refused.

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
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

std::string from(const people::person& one, std::uint64_t after) {
    return "epoch=" + one.history["epoch"].get<std::string>() + "&after=" + std::to_string(after);
}

std::vector<int> numbers(const json& history) {
    std::vector<int> all;
    for (const auto& one : history["messages"]) all.push_back(one["id"]);
    return all;
}

}  // namespace

TEST_CASE("The first in a room finds it empty", "[v1][entering]") {
    in_any_order([](scene& some) {
        const auto ann = some.join("name=Ann");
        const json expected = {{"type", "history"},
                               {"epoch", ann.history["epoch"]},
                               {"last", 0},
                               {"you", {{"id", ann.you["id"]}, {"name", "Ann"}}},
                               {"messages", json::array()}};
        REQUIRE(ann.history == expected);
        REQUIRE(ann.history["epoch"].get<std::string>().size() == 16);
        REQUIRE(ann.you["id"] != "");
        REQUIRE(ann.presence["count"] == 1);
        REQUIRE(ann.presence["members"].size() == 1);
        const json& herself = ann.presence["members"][0];
        REQUIRE(herself["id"] == ann.you["id"]);
        REQUIRE(herself["name"] == "Ann");
        REQUIRE(herself["connections"] == 1);
    });
}

TEST_CASE("A newcomer gets as many of the latest messages as it asks for", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        for (std::uint64_t number = 1; number <= 5; ++number)
            REQUIRE(ann.say("message " + std::to_string(number)) == number);
        const std::vector<std::pair<std::string, std::vector<int>>> all = {
            {"", {}},
            {"last=0", {}},
            {"last=2", {4, 5}},
            {"last=5", {1, 2, 3, 4, 5}},
            {"last=999999999999999999", {1, 2, 3, 4, 5}}};
        for (const auto& [asked, got] : all) {
            CAPTURE(asked);
            const auto ben = some.join("name=Ben&" + asked);
            REQUIRE(ben.history["type"] == "history");
            REQUIRE(ben.history["last"] == 5);
            REQUIRE(numbers(ben.history) == got);
            for (const auto& one : ben.history["messages"]) {
                REQUIRE(one["message"] == "message " + std::to_string(one["id"].get<int>()));
                REQUIRE(one["from"] == ann.you);
                REQUIRE(one["at"] == 1'893'499'200'000);  // the world's noon, in milliseconds
            }
        }
    });
}

TEST_CASE("A newcomer gets no more messages than the room keeps", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join_short();
        for (int number = 0; number < 25; ++number) ann.say(std::to_string(number));
        REQUIRE(texts(some.join_short("last=1000").history) ==
                strings{"15", "16", "17", "18", "19", "20", "21", "22", "23", "24"});
    });
}

TEST_CASE("Who comes back gets exactly what it missed", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        auto ben = some.join("name=Ben");
        ann.say("heard");
        const auto place = from(ben, ben.until("message")["id"]);
        ben.client.drop();
        const strings missed = {"missed 1", "missed 2 ä€😀\n\"\\"};
        for (const auto& text : missed) ann.say(text);
        ben = some.join("name=Ben&" + place);
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
            const auto ben = some.join(from(ann, count) + "&last=50");
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
        const strings kept = {"16", "17", "18", "19", "20", "21", "22", "23", "24", "25"};
        const auto comes_back = [&](std::uint64_t after, const std::string& kind, const strings& with) {
            CAPTURE(after);
            const auto ben = some.join_short(from(ann, after));
            REQUIRE(ben.history["type"] == kind);
            REQUIRE(texts(ben.history) == with);
        };
        comes_back(25, "history", {});
        comes_back(24, "history", {"25"});
        comes_back(15, "history", kept);
        comes_back(14, "reset", kept);
        comes_back(0, "reset", kept);
    });
}

TEST_CASE("A place in the future is reset", "[v1][entering]") {
    in_any_order([](scene& some) {
        auto ann = some.join();
        ann.say("one");
        for (const std::uint64_t after : {std::uint64_t{2}, std::uint64_t{100'000'000'000'000'000}}) {
            const auto ben = some.join(from(ann, after));
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
        auto ben = some.join("name=Ben&" + from(ann, 0));
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
            const auto ben = some.join(from(ann, 1));
            REQUIRE(ben.history["type"] == "reset");
            REQUIRE(ben.history["last"] == 0);
            REQUIRE(ben.history["epoch"] != ann.history["epoch"]);
        });
    }
}

TEST_CASE("What a query cannot mean is refused with 400", "[v1][entering]") {
    in_any_order([](scene& some) {
        const strings queries = {"last=many",
                                 "last=-1",
                                 "last=",
                                 "last=9999999999999999999",
                                 "epoch=0123456789abcdef",
                                 "epoch=0123456789abcdef&after=",
                                 "epoch=0123456789abcdef&after=-1",
                                 "epoch=0123456789abcdef&after=1e3",
                                 "name=",
                                 "name=%20",
                                 "name=%0a",
                                 "name=a%00b",
                                 "name=%ff",
                                 "name=" + std::string(51, 'x'),
                                 "client=",
                                 "client=short",
                                 "client=" + std::string(65, 'x'),
                                 "client=0123456789abcde%20",
                                 "client=0123456789abcde%c3%a4"};
        for (const std::string& query : queries) {
            CAPTURE(query);
            auto client = some.world.client("/chat/tea/?" + query).subprotocol("roompp.v1");
            REQUIRE(client.try_connect().status == 400);
        }
        std::string encoded;
        std::string name;
        for (int i = 0; i < 50; ++i) {
            encoded += "%C3%A4";
            name += "ä";
        }
        REQUIRE(some.join("name=" + encoded).you["name"] == name);
    });
}
