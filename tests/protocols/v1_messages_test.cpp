// What people say in rooms of roompp.v1: messages and their numbers, private ones, signals, and the tutorial's clients.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/v1_site.hpp"

using support::explore_orders;
using support::json;
using support::message_texts;
using support::name_query;
using support::v1_client;
using support::v1_site;

namespace {

json ack(std::uint64_t number) { return {{"type", "ack"}, {"ack", number}}; }
json direct(const json& recipient, const std::string& text) {
    return {{"type", "direct"}, {"to", recipient}, {"message", text}};
}

}  // namespace

TEST_CASE("A message goes to all, with its number and its sender", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join(name_query("Ann", "ann"));
        auto ben = site.join("name=Ben");
        ann.send({{"type", "message"}, {"message", "hi"}, {"ack", 7}});
        const json expected = {
            {"type", "message"}, {"id", 1}, {"from", ann.identity}, {"at", 1'893'499'200'000}, {"message", "hi"}};
        REQUIRE(ann.next_frame_of("message") == expected);
        REQUIRE(ben.next_frame_of("message") == expected);
        const json acknowledged = {{"type", "ack"}, {"ack", 7}, {"id", 1}};
        REQUIRE(ann.next_frame() == acknowledged);
        ann.send({{"message", "without a type"}});
        REQUIRE(ben.next_frame()["message"] == "without a type");
    });
}

TEST_CASE("Acknowledgements have the numbers that all see", "[v1][speaking]") {
    const auto speak = [](v1_site& site) {
        std::vector<v1_client> all;
        for (int number = 0; number < 3; ++number) all.push_back(site.join("name=p" + std::to_string(number)));
        for (std::uint64_t number = 1; number <= 30; ++number)
            for (auto& sender : all) {
                const std::string text = sender.identity["name"].get<std::string>() + ' ' + std::to_string(number);
                sender.send({{"message", text}, {"ack", number}});
            }
        std::map<std::uint64_t, std::string> acknowledged;
        for (auto& sender : all)
            for (const auto& frame : sender.all_frames())
                if (frame["type"] == "ack")
                    acknowledged[frame["id"]] =
                        sender.identity["name"].get<std::string>() + ' ' + std::to_string(frame["ack"].get<int>());
        const auto late = site.join("last=100");
        std::map<std::uint64_t, std::string> messages;
        for (const auto& message : late.history["messages"]) messages[message["id"]] = message["message"];
        REQUIRE(messages.size() == 90);
        REQUIRE(messages.begin()->first == 1);
        REQUIRE(messages.rbegin()->first == 90);
        REQUIRE(acknowledged == messages);
    };
    explore_orders(support::unlimited_rate(), speak, 20);
}

TEST_CASE("What is no number to acknowledge is passed over", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        for (const char* number : {"0", "-1", "9007199254740992", "18446744073709551616", "1.5", R"("1")", "true",
                                   "null", "[]", "{}", "1e300"}) {
            CAPTURE(number);
            ann.client.send(std::string(R"({"message":"hi","ack":)") + number + '}');
            REQUIRE(ann.next_frame()["type"] == "message");
            ann.client.receive_nothing();
        }
        for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{9'007'199'254'740'991}}) {
            ann.send({{"message", "hi"}, {"ack", number}});
            REQUIRE(ann.next_frame_of("ack")["ack"] == number);
        }
        ann.client.receive_nothing();
    });
}

TEST_CASE("A private message goes to all connections of both, and to nobody else", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join(name_query("Ann", "ann"));
        auto ann_too = site.join(name_query("Ann", "ann"));
        auto ben = site.join(name_query("Ben", "ben"));
        auto ben_too = site.join(name_query("Ben", "ben"));
        auto carol = site.join("name=Carol");
        REQUIRE(ann.request(direct(ben.identity["id"], "psst")) == ack(1));
        ann.send(direct(ben.identity["id"], "psst again"));
        for (auto* client : {&ben, &ben_too, &ann_too})
            for (const char* text : {"psst", "psst again"}) {
                json expected = direct(ben.identity["id"], text);
                expected["from"] = ann.identity;
                expected["at"] = 1'893'499'200'000;
                REQUIRE(client->next_frame_of("direct") == expected);
            }
        REQUIRE(ann.next_frame_of("direct")["message"] == "psst again");
        carol.client.receive_nothing();
        REQUIRE(site.join("last=100").history["messages"].empty());
    });
}

TEST_CASE("A private message to oneself comes once", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        ann.send(direct(ann.identity["id"], "note"));
        REQUIRE(ann.next_frame()["message"] == "note");
        ann.client.receive_nothing();
    });
}

TEST_CASE("A signal goes to all others and is not kept", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join(name_query("Ann", "ann"));
        auto ben = site.join("name=Ben");
        auto tab = site.join(name_query("Ann", "ann"));
        const auto signals = json::parse(
            R"([{"typing": true}, null, false, 0, -1.5, "text", [], [1, [2, {"a": null}]], {"": ""}, "ä\u0000"])");
        std::uint64_t number = 0;
        for (const auto& signal : signals)
            REQUIRE(ann.request({{"type", "signal"}, {"signal", signal}}) == ack(++number));
        for (auto* other : {&ben, &tab})
            for (const auto& signal : signals) {
                const json expected = {{"type", "signal"}, {"from", ann.identity}, {"signal", signal}};
                REQUIRE(other->next_frame_of("signal") == expected);
            }
        ann.client.receive_nothing();
        REQUIRE(site.join("last=100").history["last"] == 0);
    });
}

TEST_CASE("A ping in a room is acknowledged", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        REQUIRE(ann.send({{"type", "ping"}, {"ack", 99}}).next_frame() == ack(99));
    });
}

TEST_CASE("The tutorial's clients are in the same room", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("name=Ann");
        auto old = site.join_tutorial();
        const auto says = [&](const std::string& text) {
            REQUIRE(old.receive_json<json>() == json{{"message", text}});
        };
        REQUIRE(ann.next_frame()["type"] == "join");
        old.send(R"({"message": "from the tutorial"})");
        const auto got = ann.next_frame();
        REQUIRE(got["type"] == "message");
        REQUIRE(got["id"] == 1);
        REQUIRE(got["message"] == "from the tutorial");
        says("from the tutorial");
        ann.send({{"type", "signal"}, {"signal", {{"typing", true}}}});
        ann.send_message("from v1");
        says("from v1");
        REQUIRE(ann.request(direct(got["from"]["id"], "psst"))["type"] == "ack");
        says("psst");
        old.close();
        const json left = {{"type", "leave"}, {"member", got["from"]}};
        REQUIRE(ann.next_frame_of("leave") == left);
    });
}

TEST_CASE("A message of bytes reaches people as base64", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join_short();
        auto plain = site.world.connect("/short/tea/");
        plain.send_binary("\xff\xfe");
        const auto got = ann.next_frame();
        REQUIRE(got["base64"] == "//4=");
        REQUIRE_FALSE(got.contains("message"));
        REQUIRE(plain.receive_binary() == "\xff\xfe");
    });
}

TEST_CASE("The application decides what is said", "[v1][speaking]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        REQUIRE(ann.request({{"message", "drop this"}})["error"] == "dropped");
        REQUIRE(ann.send_message("said") == 1);
        ann.send({{"message", "kick me"}});
        REQUIRE(ann.client.closed().code == 4003);
        REQUIRE(ann.client.closed().reason == "kicked");
        auto ben = site.join();
        ben.send({{"message", "throw"}, {"ack", 1}});
        REQUIRE(ben.client.closed().code == 1011);
        auto carol = site.join();
        REQUIRE(carol.send_message("still here") == 2);
    });
}
