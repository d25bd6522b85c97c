// Rooms of more than 20 members tell joins and leaves together, a little later.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/v1_site.hpp"

using support::explore_orders;
using support::json;
using support::name_query;
using support::v1_client;
using support::v1_site;
using namespace std::chrono_literals;

namespace {

// The first twenty are told at once of each other, the others in a while.
std::vector<v1_client> join_twenty_two(v1_site& site) {
    std::vector<v1_client> members;
    for (int i = 0; i < 22; ++i) members.push_back(site.connect(name_query("Guest", "guest" + std::to_string(i))));
    site.world.advance(100ms);
    for (auto& member : members) (void)member.all_frames();
    return members;
}

std::vector<std::string> types_of(const std::vector<json>& frames) {
    std::vector<std::string> types;
    for (const auto& frame : frames) types.push_back(frame["type"]);
    return types;
}
using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("The members of a large room are told together of who comes and goes", "[v1][presence]") {
    explore_orders([](v1_site& site) {
        auto members = join_twenty_two(site);
        auto ann = site.connect(name_query("Ann", "ann"));
        auto ben = site.connect(name_query("Ben", "ben"));
        CHECK(types_of(ann.all_frames()) == strings{"history"});
        members.back().client.close();
        CHECK(types_of(members[0].all_frames()).empty());

        site.world.advance(100ms);
        const auto shown = ann.all_frames();
        REQUIRE(types_of(shown) == strings{"presence"});
        CHECK(shown[0]["count"] == 23);
        const auto& people = shown[0]["members"];
        CHECK(std::count_if(people.begin(), people.end(), [](const json& p) { return p["name"] == "Ann"; }) == 1);
        CHECK(std::count_if(people.begin(), people.end(), [](const json& p) { return p["name"] == "Ben"; }) == 1);
        CHECK(types_of(ben.all_frames()) == strings{"history", "presence"});
        const auto news = members[0].all_frames();
        REQUIRE(news.size() == 3);
        CHECK(std::count_if(news.begin(), news.end(), [](const json& f) { return f["type"] == "join"; }) == 2);
        CHECK(std::count_if(news.begin(), news.end(), [](const json& f) { return f["type"] == "leave"; }) == 1);
        site.world.advance(1s);
        CHECK(ann.all_frames().empty());
    });
}

TEST_CASE("Who comes and goes between is no news", "[v1][presence]") {
    explore_orders([](v1_site& site) {
        auto members = join_twenty_two(site);
        auto ann = site.connect(name_query("Ann", "ann"));
        site.world.advance(100ms);
        (void)members[0].all_frames();

        ann.client.close();
        auto ann_again = site.connect(name_query("Ann", "ann"));
        auto visitor = site.connect(name_query("Eve", "eve"));
        visitor.client.close();
        site.world.settle();
        site.world.advance(100ms);
        CHECK(types_of(members[0].all_frames()) == strings{});
        CHECK(types_of(ann_again.all_frames()) == strings{"history", "presence"});
    });
}

TEST_CASE("Messages of a large room do not wait for its news", "[v1][presence]") {
    explore_orders([](v1_site& site) {
        auto members = join_twenty_two(site);
        auto ann = site.connect(name_query("Ann", "ann"));
        (void)ann.send_message("hello");
        CHECK(types_of(members[0].all_frames()) == strings{"message"});
        site.world.advance(100ms);
        CHECK(types_of(members[0].all_frames()) == strings{"join"});
    });
}

TEST_CASE("Without an interval every join is told at once", "[v1][presence]") {
    auto limits = support::unlimited_rate();
    limits.presence_interval = 0ms;
    explore_orders(limits, [](v1_site& site) {
        auto members = join_twenty_two(site);
        auto ann = site.join(name_query("Ann", "ann"));
        CHECK(ann.presence["count"] == 23);
        CHECK(types_of(members[0].all_frames()) == strings{"join"});
    });
}
