// Who is in a room of roompp.v1: who comes and goes, persons with several connections, and what nobody gets to see.

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <roompp/testing/random.hpp>

#include "support/catch.hpp"
#include "support/v1_site.hpp"

using namespace std::chrono_literals;
using support::explore_orders;
using support::json;
using support::make_token;
using support::name_query;
using support::v1_client;
using support::v1_site;

namespace {

// How many connections each person has, by name.
std::map<std::string, int> connections(const json& presence) {
    std::map<std::string, int> all;
    for (const auto& entry : presence["members"]) all[entry["name"]] += entry["connections"].get<int>();
    return all;
}

json leave_of(const v1_client& member) { return {{"type", "leave"}, {"member", member.identity}}; }

}  // namespace

TEST_CASE("All are told who comes and goes, and how they go is of no matter", "[v1][people]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        const std::vector<void (*)(roompp::testing::client&)> ways = {[](auto& client) { client.close(); },
                                                                      [](auto& client) { client.close(4000, "bye"); },
                                                                      [](auto& client) { client.drop(); }};
        for (const auto leave : ways) {
            auto ben = site.join("name=Ben");
            REQUIRE(ben.presence["count"] == 2);
            REQUIRE(connections(ben.presence) == std::map<std::string, int>{{"Ann", 1}, {"Ben", 1}});
            const auto joined = ann.next_frame();
            REQUIRE(joined["type"] == "join");
            REQUIRE(joined["member"]["id"] == ben.identity["id"]);
            REQUIRE(joined["member"]["name"] == "Ben");
            REQUIRE(joined["member"]["since"] == 1'893'499'200'000);  // the world's noon, in milliseconds
            leave(ben.client);
            REQUIRE(ann.next_frame() == leave_of(ben));
        }
        ann.client.receive_nothing();
    });
}

TEST_CASE("Several connections with one token are one person", "[v1][people]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        auto first = site.join(name_query("Ben", "ben"));
        auto second = site.join(name_query("Ben", "ben"));
        REQUIRE(first.identity == second.identity);
        REQUIRE(first.identity["id"] != ann.identity["id"]);
        REQUIRE(second.presence["count"] == 2);
        REQUIRE(connections(second.presence) == std::map<std::string, int>{{"Ann", 1}, {"Ben", 2}});
        first.client.close();
        auto third = site.join(name_query("Ben", "ben"));
        second.client.close();
        third.client.close();
        // One for the first, and one for the last; what was between is no news.
        REQUIRE(ann.next_frame()["type"] == "join");
        REQUIRE(ann.next_frame() == leave_of(first));
        ann.client.receive_nothing();
    });
}

TEST_CASE("A second connection with another name renames the person for all", "[v1][people]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        auto ben = site.join(name_query("Ben", "ben"));
        auto again = site.join(name_query("Benjamin", "ben"));
        REQUIRE(connections(again.presence) == std::map<std::string, int>{{"Ann", 1}, {"Benjamin", 2}});
        REQUIRE(ann.next_frame_of("join")["member"]["name"] == "Ben");
        const auto renamed = ann.next_frame();
        REQUIRE(renamed["type"] == "join");
        REQUIRE(renamed["member"]["id"] == ben.identity["id"]);
        REQUIRE(renamed["member"]["name"] == "Benjamin");
        REQUIRE(ben.next_frame()["member"]["name"] == "Benjamin");
        again.client.close();
        ben.client.close();
        const auto left = ann.next_frame();
        REQUIRE(left["type"] == "leave");
        REQUIRE(left["member"]["id"] == ben.identity["id"]);
    });
}

TEST_CASE("Nobody gets to see the token of another", "[v1][people]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        auto ben = site.join(name_query("Ben", "ben"));
        ben.send_message("hi");
        ben.send({{"type", "signal"}, {"signal", 1}});
        ben.client.close();
        std::string seen = ben.history.dump() + ben.presence.dump();
        for (const auto& frame : ann.all_frames()) seen += frame.dump();
        REQUIRE(seen.find("leave") != std::string::npos);
        const auto carol = site.join("name=Carol&last=10");
        seen += carol.history.dump() + carol.presence.dump();
        REQUIRE(seen.find(make_token("ben")) == std::string::npos);
        REQUIRE(ben.identity["id"] != "");
    });
}

TEST_CASE("Clients without a token are persons of their own", "[v1][people]") {
    explore_orders([](v1_site& site) {
        std::vector<v1_client> all;
        std::set<std::string> ids;
        for (int i = 0; i < 3; ++i) {
            all.push_back(site.join("name=Ann"));
            ids.insert(all.back().identity["id"]);
        }
        REQUIRE(ids.size() == 3);
        REQUIRE(all.back().presence["count"] == 3);
    });
}

TEST_CASE("A peer that is gone without a word is no longer present", "[v1][people]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        const auto dead =
            site.world.client("/chat/tea/?name=Dead").subprotocol("roompp.v1").answer_pings(false).connect();
        REQUIRE(ann.next_frame()["member"]["name"] == "Dead");
        site.world.advance(49s);  // a ping after 30 seconds, and 20 more to answer it
        ann.client.receive_nothing();
        site.world.advance(1s);
        const auto left = ann.next_frame();
        REQUIRE(left["type"] == "leave");
        REQUIRE(left["member"]["name"] == "Dead");
        REQUIRE(site.join().presence["count"] == 2);
    });
}

TEST_CASE("Everybody comes and goes at once, and the last word is right", "[v1][people]") {
    const auto come_and_go = [](v1_site& site) {
        roompp::testing::random_numbers dice(site.world.seed());
        auto watcher = site.join("name=watcher");
        for (int round = 0; round < 10; ++round) {
            std::vector<roompp::testing::client> connections;
            for (int number = 0; number < 20; ++number) {
                const auto name = "guest" + std::to_string(number);
                const auto query = name_query(name, "guest-" + std::to_string(number % 5));
                connections.push_back(
                    site.world.client("/chat/tea/?" + query).subprotocol("roompp.v1").start_connecting());
            }
            if (dice.below(2) == 0) site.world.settle();  // otherwise they go while they come
            for (auto& conn : connections) dice.below(2) == 0 ? conn.drop() : conn.close();
        }
        site.world.advance(std::chrono::seconds(1));  // a large room gathers what it tells
        std::map<std::string, json> present;
        for (const auto& frame : watcher.all_frames()) {
            const std::string id = frame["member"]["id"];
            if (frame["type"] == "join") {
                present[id] = frame["member"];
            } else {
                REQUIRE(frame["type"] == "leave");
                REQUIRE(present.erase(id) == 1);
            }
        }
        REQUIRE(present.empty());
        REQUIRE(site.join(name_query("watcher", "last")).presence["count"] == 2);
    };
    explore_orders(support::unlimited_rate(), come_and_go, 50);
}
