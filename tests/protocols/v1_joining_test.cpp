// Joining a room of roompp.v1: the first frames, and the queries that are refused.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/v1_site.hpp"

using support::explore_orders;
using support::json;
using support::message_texts;
using support::v1_site;
using strings = std::vector<std::string>;

namespace {

std::vector<int> numbers(const json& history) {
    std::vector<int> all;
    for (const auto& message : history["messages"]) all.push_back(message["id"]);
    return all;
}

}  // namespace

TEST_CASE("The first in a room finds it empty", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        const auto ann = site.join("name=Ann");
        const json expected = {{"type", "history"},
                               {"epoch", ann.history["epoch"]},
                               {"last", 0},
                               {"you", {{"id", ann.identity["id"]}, {"name", "Ann"}}},
                               {"messages", json::array()}};
        REQUIRE(ann.history == expected);
        REQUIRE(ann.history["epoch"].get<std::string>().size() == 16);
        REQUIRE(ann.identity["id"] != "");
        REQUIRE(ann.presence["count"] == 1);
        REQUIRE(ann.presence["members"].size() == 1);
        const json& herself = ann.presence["members"][0];
        REQUIRE(herself["id"] == ann.identity["id"]);
        REQUIRE(herself["name"] == "Ann");
        REQUIRE(herself["connections"] == 1);
    });
}

TEST_CASE("A newcomer gets as many of the latest messages as it asks for", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        for (std::uint64_t number = 1; number <= 5; ++number)
            REQUIRE(ann.send_message("message " + std::to_string(number)) == number);
        const std::vector<std::pair<std::string, std::vector<int>>> all = {
            {"", {}},
            {"last=0", {}},
            {"last=2", {4, 5}},
            {"last=5", {1, 2, 3, 4, 5}},
            {"last=999999999999999999", {1, 2, 3, 4, 5}}};
        for (const auto& [query, got] : all) {
            CAPTURE(query);
            const auto ben = site.join("name=Ben&" + query);
            REQUIRE(ben.history["type"] == "history");
            REQUIRE(ben.history["last"] == 5);
            REQUIRE(numbers(ben.history) == got);
            for (const auto& message : ben.history["messages"]) {
                REQUIRE(message["message"] == "message " + std::to_string(message["id"].get<int>()));
                REQUIRE(message["from"] == ann.identity);
                REQUIRE(message["at"] == 1'893'499'200'000);  // the world's noon, in milliseconds
            }
        }
    });
}

TEST_CASE("A newcomer gets no more messages than the room keeps", "[v1][entering]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join_short();
        for (int number = 0; number < 25; ++number) ann.send_message(std::to_string(number));
        REQUIRE(message_texts(site.join_short("last=1000").history) ==
                strings{"15", "16", "17", "18", "19", "20", "21", "22", "23", "24"});
    });
}

TEST_CASE("What a query cannot mean is refused with 400", "[v1][entering]") {
    explore_orders([](v1_site& site) {
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
            auto client = site.world.client("/chat/tea/?" + query).subprotocol("roompp.v1");
            REQUIRE(client.try_connect().status == 400);
        }
        std::string encoded;
        std::string name;
        for (int i = 0; i < 50; ++i) {
            encoded += "%C3%A4";
            name += "ä";
        }
        REQUIRE(site.join("name=" + encoded).identity["name"] == name);
    });
}
