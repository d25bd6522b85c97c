// Resuming in a room of roompp.v1: what a client that reconnects gets.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/v1_site.hpp"

using namespace std::chrono_literals;
using support::explore_orders;
using support::json;
using support::message_texts;
using support::v1_site;
using strings = std::vector<std::string>;

namespace {

std::string resume_query(const support::v1_client& member, std::uint64_t after) {
    return "epoch=" + member.history["epoch"].get<std::string>() + "&after=" + std::to_string(after);
}

std::vector<int> numbers(const json& history) {
    std::vector<int> all;
    for (const auto& message : history["messages"]) all.push_back(message["id"]);
    return all;
}

}  // namespace

TEST_CASE("Who comes back gets exactly what it missed", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        auto ben = site.join("name=Ben");
        ann.send_message("heard");
        const auto resume_point = resume_query(ben, ben.next_frame_of("message")["id"]);
        ben.client.drop();
        const strings missed = {"missed 1", "missed 2 ä€😀\n\"\\"};
        for (const auto& text : missed) ann.send_message(text);
        ben = site.join("name=Ben&" + resume_point);
        REQUIRE(ben.history["type"] == "history");
        REQUIRE(message_texts(ben.history) == missed);
        REQUIRE(numbers(ben.history) == std::vector<int>{2, 3});
        ann.send_message("live");
        REQUIRE(ben.next_frame_of("message")["id"] == 4);
    });
}

TEST_CASE("Who missed nothing gets nothing", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        for (std::uint64_t count = 0; count < 2; ++count) {
            const auto ben = site.join(resume_query(ann, count) + "&last=50");
            REQUIRE(ben.history["type"] == "history");
            REQUIRE(ben.history["messages"].empty());
            ann.send_message("hi");
        }
    });
}

TEST_CASE("A place in another epoch is reset", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        ann.send_message("one");
        ann.send_message("two");
        const strings epochs = {"0123456789abcdef", std::string(1000, 'x'), "%00", "%ff"};
        for (const auto& epoch : epochs) {
            CAPTURE(epoch);
            const auto ben = site.join("epoch=" + epoch + "&after=1");
            REQUIRE(ben.history["type"] == "reset");
            REQUIRE(ben.history["epoch"] == ann.history["epoch"]);
            REQUIRE(message_texts(ben.history) == strings{"one", "two"});
        }
        const auto ben = site.join("epoch=0123456789abcdef&after=1&last=1");
        REQUIRE(ben.history["type"] == "reset");
        REQUIRE(message_texts(ben.history) == strings{"two"});
    });
}

TEST_CASE("A place that is too old is reset, and the oldest that is not is none", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join_short();
        for (int number = 1; number <= 25; ++number) ann.send_message(std::to_string(number));
        const strings all_messages = {"16", "17", "18", "19", "20", "21", "22", "23", "24", "25"};
        const auto comes_back = [&](std::uint64_t after, const std::string& kind, const strings& with) {
            CAPTURE(after);
            const auto ben = site.join_short(resume_query(ann, after));
            REQUIRE(ben.history["type"] == kind);
            REQUIRE(message_texts(ben.history) == with);
        };
        comes_back(25, "history", {});
        comes_back(24, "history", {"25"});
        comes_back(15, "history", all_messages);
        comes_back(14, "reset", all_messages);
        comes_back(0, "reset", all_messages);
    });
}

TEST_CASE("A place in the future is reset", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        ann.send_message("one");
        for (const std::uint64_t after : {std::uint64_t{2}, std::uint64_t{100'000'000'000'000'000}}) {
            const auto ben = site.join(resume_query(ann, after));
            REQUIRE(ben.history["type"] == "reset");
            REQUIRE(message_texts(ben.history) == strings{"one"});
        }
    });
}

TEST_CASE("A room of people waits for those who lost their connection", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        ann.send_message("one");
        ann.client.close();
        site.world.advance(59s);
        auto ben = site.join("name=Ben&" + resume_query(ann, 0));
        REQUIRE(ben.history["type"] == "history");
        REQUIRE(message_texts(ben.history) == strings{"one"});
        REQUIRE(ben.send_message("two") == 2);
    });
}

TEST_CASE("A room that need not wait, or has waited long enough, is another one the next time", "[v1][entering]") {
    for (const auto wait : {0s, 60s}) {
        auto bounds = support::unlimited_rate();
        bounds.empty_room = wait;
        explore_orders(bounds, [&](v1_site& site) {
            auto ann = site.join();
            ann.send_message("one");
            ann.client.close();
            site.world.settle();  // the room is empty before the time passes
            site.world.advance(wait);
            const auto ben = site.join(resume_query(ann, 1));
            REQUIRE(ben.history["type"] == "reset");
            REQUIRE(ben.history["last"] == 0);
            REQUIRE(ben.history["epoch"] != ann.history["epoch"]);
        });
    }
}
