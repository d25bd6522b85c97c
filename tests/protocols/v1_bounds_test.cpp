// The bounds of rooms of roompp.v1: floods, full rooms, too many rooms, and messages that grow on their way.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/v1_site.hpp"

using namespace std::chrono_literals;
using support::explore_orders;
using support::v1_client;
using support::v1_site;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

roompp::limits drop_after(std::uint64_t messages_per_second) {
    auto bounds = support::unlimited_rate();
    bounds.messages_per_second = messages_per_second;
    bounds.on_flood = roompp::flood::drop;
    return bounds;
}

}  // namespace

TEST_CASE("What comes too fast is dropped, and its sender is told of each", "[v1][bounds]") {
    explore_orders(drop_after(10), [](v1_site& site) {
        auto ann = site.join();
        std::uint64_t number = 0;
        std::uint64_t last_id = 0;
        for (int second = 0; second < 10; ++second) {
            for (int i = 0; i < 30; ++i) ann.send({{"message", std::to_string(number + 1)}, {"ack", ++number}});
            std::vector<std::uint64_t> messages;
            std::vector<std::uint64_t> acknowledged;
            std::vector<std::uint64_t> dropped;
            for (const auto& frame : ann.all_frames()) {
                if (frame["type"] == "message") {
                    REQUIRE(frame["id"] == ++last_id);
                    messages.push_back(std::stoull(frame["message"].get<std::string>()));
                } else if (frame["type"] == "ack") {
                    acknowledged.push_back(frame["ack"]);
                } else {
                    REQUIRE(frame["error"] == "rate_limited");
                    dropped.push_back(frame["ack"]);
                }
            }
            const auto count_from = [&](std::uint64_t first, std::size_t count) {
                std::vector<std::uint64_t> all;
                while (all.size() < count) all.push_back(first++);
                return all;
            };
            REQUIRE(acknowledged == count_from(number - 29, 10));
            REQUIRE(messages == acknowledged);
            REQUIRE(dropped == count_from(number - 19, 20));
            site.world.advance(1s);
        }
    });
}

TEST_CASE("A flood closes with 1008 if so wanted, and the others go on", "[v1][bounds]") {
    auto bounds = support::unlimited_rate();
    bounds.messages_per_second = 10;
    explore_orders(bounds, [](v1_site& site) {
        auto ann = site.join();
        for (int i = 0; i < 300; ++i) ann.send({{"message", "hi"}});
        REQUIRE(ann.client.closed().code == 1008);
        auto ben = site.join();
        REQUIRE(ben.send_message("the others go on") == 11);
    });
}

TEST_CASE("Too many bytes a second are a flood too", "[v1][bounds]") {
    auto bounds = drop_after(0);
    bounds.bytes_per_second = 2000;
    bounds.message_bytes = 1000;
    explore_orders(bounds, [](v1_site& site) {
        auto ann = site.join();
        for (int number = 1; number <= 100; ++number) ann.send({{"message", std::string(900, 'x')}, {"ack", number}});
        std::size_t acknowledged = 0;
        std::size_t dropped = 0;
        for (const auto& frame : ann.all_frames()) {
            acknowledged += frame["type"] == "ack";
            dropped += frame.value("error", "") == "rate_limited";
        }
        REQUIRE(acknowledged == 2);
        REQUIRE(dropped == 98);
    });
}

TEST_CASE("A room that is full closes with 1013 until somebody leaves", "[v1][bounds]") {
    auto bounds = support::unlimited_rate();
    bounds.members_per_room = 2;
    explore_orders(bounds, [](v1_site& site) {
        auto ann = site.join();
        auto ben = site.join();
        for (int i = 0; i < 3; ++i) REQUIRE(site.connect().client.closed().code == 1013);
        (void)site.join("", "/chat/other/");
        ben.client.close();
        REQUIRE(ann.next_frame_of("leave")["member"] == ben.identity);
        const auto carol = site.join();
        REQUIRE(ann.send_message("hi") == 1);
    });
}

TEST_CASE("Who would open one room too many is closed with 1013", "[v1][bounds]") {
    auto bounds = support::unlimited_rate();
    bounds.rooms = 3;
    explore_orders(bounds, [](v1_site& site) {
        std::vector<v1_client> all;
        for (const char* path : {"/chat/a/", "/chat/b/", "/chat/c/"}) all.push_back(site.join("", path));
        REQUIRE(site.connect("", "/chat/d/").client.closed().code == 1013);
        (void)site.join("", "/chat/a/");
    });
}

TEST_CASE("Rooms that wait for somebody to come back make place for others", "[v1][bounds]") {
    auto bounds = support::unlimited_rate();
    bounds.rooms = 3;
    explore_orders(bounds, [](v1_site& site) {
        for (int number = 0; number < 12; ++number) {
            auto ann = site.join("", "/chat/room" + std::to_string(number) + '/');
            REQUIRE(ann.send_message("kept") == 1);
            REQUIRE(ann.client.close().closed().code == 1000);
        }
    });
}

TEST_CASE("What grows when it is written as JSON disconnects nobody", "[v1][bounds]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join_short();
        auto plain = site.world.connect("/short/tea/");
        const std::string grows(mebibyte, '\x01');  // six times as long in JSON
        plain.send(grows);
        REQUIRE((plain.receive() == grows));
        REQUIRE((ann.next_frame()["message"] == grows));
        REQUIRE(ann.send_message("still here") == 2);
    });
}

TEST_CASE("A history that grows when it is written as JSON keeps nobody out", "[v1][bounds]") {
    explore_orders([](v1_site& site) {
        auto plain = site.world.connect("/short/tea/");
        for (int i = 0; i < 8; ++i) {
            plain.send(std::string(mebibyte / 8, '\x01'));
            REQUIRE(plain.receive().size() == mebibyte / 8);
        }
        auto ann = site.join_short("last=10");
        REQUIRE(ann.history["last"] == 8);
        REQUIRE(ann.send_message("here") == 9);
    });
}

TEST_CASE("A server that stops closes the members of its rooms with 1001", "[v1][bounds]") {
    explore_orders([](v1_site& site) {
        std::vector<v1_client> all;
        for (int number = 0; number < 12; ++number)
            all.push_back(site.join("", "/chat/room" + std::to_string(number % 4) + '/'));
        site.world.stop();
        for (auto& member : all) REQUIRE(member.client.closed().code == 1001);
    });
}
