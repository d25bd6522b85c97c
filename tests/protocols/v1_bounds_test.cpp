// The bounds of rooms of roompp.v1: floods, full rooms, too many rooms, and messages that grow on their way.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/v1_people.hpp"

using namespace std::chrono_literals;
using people::in_any_order;
using people::person;
using people::scene;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

roompp::limits drop_after(std::uint64_t messages_per_second) {
    auto bounds = people::any_rate();
    bounds.messages_per_second = messages_per_second;
    bounds.on_flood = roompp::flood::drop;
    return bounds;
}

}  // namespace

TEST_CASE("What comes too fast is dropped, and its sender is told of each", "[v1][bounds]") {
    in_any_order(drop_after(10), [](scene& some) {
        auto ann = some.join();
        std::uint64_t number = 0;
        std::uint64_t last_id = 0;
        for (int second = 0; second < 10; ++second) {
            for (int i = 0; i < 30; ++i) ann.send({{"message", std::to_string(number + 1)}, {"ack", ++number}});
            std::vector<std::uint64_t> messages;
            std::vector<std::uint64_t> acknowledged;
            std::vector<std::uint64_t> dropped;
            for (const auto& frame : ann.heard()) {
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
            some.world.advance(1s);
        }
    });
}

TEST_CASE("A flood closes with 1008 if so wanted, and the others go on", "[v1][bounds]") {
    auto bounds = people::any_rate();
    bounds.messages_per_second = 10;
    in_any_order(bounds, [](scene& some) {
        auto ann = some.join();
        for (int i = 0; i < 300; ++i) ann.send({{"message", "hi"}});
        REQUIRE(ann.client.closed().code == 1008);
        auto ben = some.join();
        REQUIRE(ben.say("the others go on") == 11);
    });
}

TEST_CASE("Too many bytes a second are a flood too", "[v1][bounds]") {
    auto bounds = drop_after(0);
    bounds.bytes_per_second = 2000;
    bounds.message_bytes = 1000;
    in_any_order(bounds, [](scene& some) {
        auto ann = some.join();
        for (int number = 1; number <= 100; ++number) ann.send({{"message", std::string(900, 'x')}, {"ack", number}});
        std::size_t acknowledged = 0;
        std::size_t dropped = 0;
        for (const auto& frame : ann.heard()) {
            acknowledged += frame["type"] == "ack";
            dropped += frame.value("error", "") == "rate_limited";
        }
        REQUIRE(acknowledged == 2);
        REQUIRE(dropped == 98);
    });
}

TEST_CASE("A room that is full closes with 1013 until somebody leaves", "[v1][bounds]") {
    auto bounds = people::any_rate();
    bounds.members_per_room = 2;
    in_any_order(bounds, [](scene& some) {
        auto ann = some.join();
        auto ben = some.join();
        for (int i = 0; i < 3; ++i) REQUIRE(some.connect().client.closed().code == 1013);
        (void)some.join("", "/chat/other/");
        ben.client.close();
        REQUIRE(ann.until("leave")["member"] == ben.you);
        const auto carol = some.join();
        REQUIRE(ann.say("hi") == 1);
    });
}

TEST_CASE("Who would open one room too many is closed with 1013", "[v1][bounds]") {
    auto bounds = people::any_rate();
    bounds.rooms = 3;
    in_any_order(bounds, [](scene& some) {
        std::vector<person> all;
        for (const char* path : {"/chat/a/", "/chat/b/", "/chat/c/"}) all.push_back(some.join("", path));
        REQUIRE(some.connect("", "/chat/d/").client.closed().code == 1013);
        (void)some.join("", "/chat/a/");
    });
}

TEST_CASE("Rooms that wait for somebody to come back make place for others", "[v1][bounds]") {
    auto bounds = people::any_rate();
    bounds.rooms = 3;
    in_any_order(bounds, [](scene& some) {
        for (int number = 0; number < 12; ++number) {
            auto ann = some.join("", "/chat/room" + std::to_string(number) + '/');
            REQUIRE(ann.say("kept") == 1);
            REQUIRE(ann.client.close().closed().code == 1000);
        }
    });
}

TEST_CASE("What grows when it is written as JSON disconnects nobody", "[v1][bounds]") {
    in_any_order([](scene& some) {
        auto ann = some.join_short();
        auto plain = some.world.connect("/short/tea/");
        const std::string grows(mebibyte, '\x01');  // six times as long in JSON
        plain.send(grows);
        REQUIRE((plain.receive() == grows));
        REQUIRE((ann.next()["message"] == grows));
        REQUIRE(ann.say("still here") == 2);
    });
}

TEST_CASE("A history that grows when it is written as JSON keeps nobody out", "[v1][bounds]") {
    in_any_order([](scene& some) {
        auto plain = some.world.connect("/short/tea/");
        for (int i = 0; i < 8; ++i) {
            plain.send(std::string(mebibyte / 8, '\x01'));
            REQUIRE(plain.receive().size() == mebibyte / 8);
        }
        auto ann = some.join_short("last=10");
        REQUIRE(ann.history["last"] == 8);
        REQUIRE(ann.say("here") == 9);
    });
}

TEST_CASE("A server that stops closes the members of its rooms with 1001", "[v1][bounds]") {
    in_any_order([](scene& some) {
        std::vector<person> all;
        for (int number = 0; number < 12; ++number)
            all.push_back(some.join("", "/chat/room" + std::to_string(number % 4) + '/'));
        some.world.stop();
        for (auto& member : all) REQUIRE(member.client.closed().code == 1001);
    });
}
