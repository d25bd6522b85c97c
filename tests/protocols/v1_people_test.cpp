// Who is in a room of roompp.v1: who comes and goes, persons with several connections, and what nobody gets to see.

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/v1_people.hpp"

using namespace std::chrono_literals;
using people::as;
using people::in_any_order;
using people::json;
using people::person;
using people::scene;
using people::token;

namespace {

// How many connections each person has, by name.
std::map<std::string, int> connections(const json& presence) {
    std::map<std::string, int> all;
    for (const auto& entry : presence["members"]) all[entry["name"]] += entry["connections"].get<int>();
    return all;
}

json leave_of(const person& member) { return {{"type", "leave"}, {"member", member.you}}; }

}  // namespace

TEST_CASE("All are told who comes and goes, and how they go is of no matter", "[v1][people]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        const std::vector<void (*)(roompp::testing::client&)> ways = {[](auto& client) { client.close(); },
                                                                      [](auto& client) { client.close(4000, "bye"); },
                                                                      [](auto& client) { client.drop(); }};
        for (const auto leave : ways) {
            auto ben = some.join("name=Ben");
            REQUIRE(ben.presence["count"] == 2);
            REQUIRE(connections(ben.presence) == std::map<std::string, int>{{"Ann", 1}, {"Ben", 1}});
            const auto joined = ann.next();
            REQUIRE(joined["type"] == "join");
            REQUIRE(joined["member"]["id"] == ben.you["id"]);
            REQUIRE(joined["member"]["name"] == "Ben");
            REQUIRE(joined["member"]["since"] == 1'893'499'200'000);  // the world's noon, in milliseconds
            leave(ben.client);
            REQUIRE(ann.next() == leave_of(ben));
        }
        ann.client.receive_nothing();
    });
}

TEST_CASE("Several connections with one token are one person", "[v1][people]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        auto first = some.join(as("Ben", "ben"));
        auto second = some.join(as("Ben", "ben"));
        REQUIRE(first.you == second.you);
        REQUIRE(first.you["id"] != ann.you["id"]);
        REQUIRE(second.presence["count"] == 2);
        REQUIRE(connections(second.presence) == std::map<std::string, int>{{"Ann", 1}, {"Ben", 2}});
        first.client.close();
        auto third = some.join(as("Ben", "ben"));
        second.client.close();
        third.client.close();
        // One for the first, and one for the last; what was between is no news.
        REQUIRE(ann.next()["type"] == "join");
        REQUIRE(ann.next() == leave_of(first));
        ann.client.receive_nothing();
    });
}

TEST_CASE("A second connection with another name renames the person for all", "[v1][people]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        auto ben = some.join(as("Ben", "ben"));
        auto again = some.join(as("Benjamin", "ben"));
        REQUIRE(connections(again.presence) == std::map<std::string, int>{{"Ann", 1}, {"Benjamin", 2}});
        REQUIRE(ann.until("join")["member"]["name"] == "Ben");
        const auto renamed = ann.next();
        REQUIRE(renamed["type"] == "join");
        REQUIRE(renamed["member"]["id"] == ben.you["id"]);
        REQUIRE(renamed["member"]["name"] == "Benjamin");
        REQUIRE(ben.next()["member"]["name"] == "Benjamin");
        again.client.close();
        ben.client.close();
        const auto left = ann.next();
        REQUIRE(left["type"] == "leave");
        REQUIRE(left["member"]["id"] == ben.you["id"]);
    });
}

TEST_CASE("Nobody gets to see the token of another", "[v1][people]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        auto ben = some.join(as("Ben", "ben"));
        ben.say("hi");
        ben.send({{"type", "signal"}, {"signal", 1}});
        ben.client.close();
        std::string seen = ben.history.dump() + ben.presence.dump();
        for (const auto& frame : ann.heard()) seen += frame.dump();
        REQUIRE(seen.find("leave") != std::string::npos);
        const auto carol = some.join("name=Carol&last=10");
        seen += carol.history.dump() + carol.presence.dump();
        REQUIRE(seen.find(token("ben")) == std::string::npos);
        REQUIRE(ben.you["id"] != "");
    });
}

TEST_CASE("Clients without a token are persons of their own", "[v1][people]") {
    in_any_order([](scene& some) {
        std::vector<person> all;
        std::set<std::string> ids;
        for (int i = 0; i < 3; ++i) {
            all.push_back(some.join("name=Ann"));
            ids.insert(all.back().you["id"]);
        }
        REQUIRE(ids.size() == 3);
        REQUIRE(all.back().presence["count"] == 3);
    });
}

TEST_CASE("A peer that is gone without a word is no longer present", "[v1][people]") {
    in_any_order([](scene& some) {
        auto ann = some.join("name=Ann");
        const auto dead =
            some.world.client("/chat/tea/?name=Dead").subprotocol("roompp.v1").answer_pings(false).connect();
        REQUIRE(ann.next()["member"]["name"] == "Dead");
        some.world.advance(49s);  // a ping after 30 seconds, and 20 more to answer it
        ann.client.receive_nothing();
        some.world.advance(1s);
        const auto left = ann.next();
        REQUIRE(left["type"] == "leave");
        REQUIRE(left["member"]["name"] == "Dead");
        REQUIRE(some.join().presence["count"] == 2);
    });
}

TEST_CASE("Everybody comes and goes at once, and the last word is right", "[v1][people]") {
    const auto come_and_go = [](scene& some) {
        roompp::testing::random_numbers dice(some.world.seed());
        auto watcher = some.join("name=watcher");
        for (int round = 0; round < 10; ++round) {
            std::vector<roompp::testing::client> connections;
            for (int number = 0; number < 20; ++number) {
                const auto name = "guest" + std::to_string(number);
                const auto query = as(name, "guest-" + std::to_string(number % 5));
                connections.push_back(
                    some.world.client("/chat/tea/?" + query).subprotocol("roompp.v1").start_connecting());
            }
            if (dice.below(2) == 0) some.world.settle();  // otherwise they go while they come
            for (auto& conn : connections) dice.below(2) == 0 ? conn.drop() : conn.close();
        }
        std::map<std::string, json> present;
        for (const auto& frame : watcher.heard()) {
            const std::string id = frame["member"]["id"];
            if (frame["type"] == "join") {
                present[id] = frame["member"];
            } else {
                REQUIRE(frame["type"] == "leave");
                REQUIRE(present.erase(id) == 1);
            }
        }
        REQUIRE(present.empty());
        REQUIRE(some.join(as("watcher", "last")).presence["count"] == 2);
    };
    in_any_order(people::any_rate(), come_and_go, 50);
}
