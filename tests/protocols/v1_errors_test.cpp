// What people get for frames that are none of roompp.v1's, and what hostile ones do: no harm.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/testing/random.hpp>

#include "support/catch.hpp"
#include "support/v1_site.hpp"

using support::explore_orders;
using support::json;
using support::name_query;
using support::v1_client;
using support::v1_site;
using strings = std::vector<std::string>;

namespace {

// The code of the error that has come.
std::string error_for(v1_client& client) {
    const auto frame = client.next_frame();
    REQUIRE(frame["type"] == "error");
    REQUIRE(frame["message"] != "");
    return frame["error"];
}

std::string times(std::size_t n, std::string_view text) {
    std::string all;
    all.reserve(n * text.size());
    for (std::size_t i = 0; i < n; ++i) all += text;
    return all;
}

std::string signal_of(const std::string& payload) { return R"({"type":"signal","signal":)" + payload + '}'; }

strings hostile_frames() {
    const std::string deep = times(250'000, "[") + times(250'000, "]");
    const std::string deep_objects = times(100'000, R"({"a":)") + '1' + times(100'000, "}");
    std::string many_keys = "{";
    for (int i = 0; i < 50'000; ++i) many_keys += '"' + std::to_string(i) + R"(":1,)";
    return {times(500'000, "["),
            times(100'000, R"({"a":)"),
            deep,
            signal_of(deep),
            signal_of(deep_objects),
            R"({"message":"hi","ack":)" + deep + '}',
            R"({"message":)" + deep + '}',
            R"({"message":"hi","x":)" + deep + '}',
            R"({"type":"direct","to":)" + deep + R"(,"message":"hi"})",
            R"({"message":"hi","ack":)" + times(500'000, "9") + '}',
            R"({"message":"hi","ack":-)" + times(400, "9") + '}',
            R"({"message":"hi","ack":1e)" + times(1000, "9") + '}',
            R"({"message":"hi","ack":0.)" + times(100'000, "0") + "1}",
            signal_of(times(300, "9")),
            signal_of("1e308"),
            signal_of("-0.0"),
            R"({"message":"one","message":"two","type":"signal","type":"message","ack":5,"ack":6})",
            '{' + times(50'000, R"("message":"hi",)") + R"("message":"hi"})",
            many_keys + R"("last":1})",
            R"({"message":")" + times(100'000, R"(\u0000)") + "\"}",
            R"({"message":"\u0000","to":"\u0000"})",
            R"({"type":"direct","to":")" + times(500'000, "x") + R"(","message":"hi"})",
            "\ufeff{\"message\":\"hi\"}",
            R"({"type":"\u0000","message":"hi"})",
            signal_of(R"("</script>\u2028")")};
}

}  // namespace

TEST_CASE("What is no frame is malformed, and the connection goes on", "[v1][errors]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        for (const char* text : {"",
                                 " ",
                                 "hello",
                                 "{",
                                 R"({"message": "hi")",
                                 R"({"message": "hi"}})",
                                 "null",
                                 "true",
                                 "1",
                                 R"("text")",
                                 "[]",
                                 R"([{"message": "hi"}])",
                                 "{}",
                                 R"({"message": null})",
                                 R"({"message": 5})",
                                 R"({"message": ["hi"]})",
                                 R"({"type": "message"})",
                                 R"({"type": 5})",
                                 R"({"type": "direct", "to": "x"})",
                                 R"({"type": "direct", "message": "hi"})",
                                 R"({"type": "direct", "to": 5, "message": "hi"})",
                                 R"({"type": "signal"})",
                                 "{'message': 'hi'}",
                                 R"({"message": "\ud800"})",
                                 R"({"message": 1e999})"}) {
            CAPTURE(text);
            ann.client.send(text);
            REQUIRE(error_for(ann) == "malformed");
        }
        for (const char* bytes : {R"({"message": "binary"})", "", "\xff\xfe"}) {
            CAPTURE(bytes);
            ann.client.send_binary(bytes);
            REQUIRE(error_for(ann) == "malformed");
        }
        REQUIRE(ann.send_message("still here") == 1);
    });
}

TEST_CASE("An error repeats the number of its frame", "[v1][errors]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        const auto gets = [&](const char* frame, const std::string& code) {
            CAPTURE(frame);
            const auto got = ann.request(json::parse(frame));
            REQUIRE(got["type"] == "error");
            REQUIRE(got["error"] == code);
        };
        gets(R"({"type": "message"})", "malformed");
        gets(R"({"type": "dance"})", "unknown_type");
        gets(R"({"type": "direct", "to": "nobody", "message": "hi"})", "no_such_person");
        gets(R"({"type": "signal"})", "malformed");
        gets(R"({"message": "drop this"})", "dropped");
    });
}

TEST_CASE("An error repeats the number of a text that is no JSON, if it can be read", "[v1][errors]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        const auto number_of = [&](const std::string& text) -> std::uint64_t {
            CAPTURE(text);
            ann.client.send(text);
            const auto got = ann.next_frame();
            REQUIRE(got["error"] == "malformed");
            return got.value("ack", std::uint64_t{0});
        };
        CHECK(number_of(R"({"type":"message","message":"\ud800","ack":1})") == 1);  // half of an emoji
        CHECK(number_of(R"({ "ack" : 9007199254740991 , "message": )") == 9007199254740991);
        CHECK(number_of(R"({"message": ")" + times(200'000, "x") + R"(\x", "ack": 3})") == 3);
        CHECK(number_of(R"({"message":)" + times(200, "[") + times(200, "]") + R"(,"ack":4})") == 4);
        CHECK(number_of(std::string(R"({"message":"hi","ack":5})") + '\0' + "{}") == 5);
        for (const char* text :
             {R"({"message":"\x","ack":0})", R"({"message":"\x","ack":01})", R"({"message":"\x","ack":-1})",
              R"({"message":"\x","ack":1.0})", R"({"message":"\x","ack":"1"})",
              R"({"message":"\x","ack":9007199254740992})", R"({"message":"\x","ack":1)",
              R"({"message":"\x","ack":99999999999999999999})", R"({"message":"\x","a":{"ack":1}})",
              R"({"message":"\x\"ack\":1,","a":"ack"})", R"({"message":"\x","ack)", R"({"message":"\x","ack":)",
              R"({"message":"\x","ack)"
              "\\"})
            CHECK(number_of(text) == 0);
    });
}

TEST_CASE("An unknown type is told so", "[v1][errors]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        const strings types = {"", "dance", "Message", "history", "ack", times(10'000, "x")};
        for (const auto& type : types) {
            ann.send({{"type", type}, {"message", "hi"}});
            REQUIRE(error_for(ann) == "unknown_type");
        }
    });
}

TEST_CASE("A room may have no private messages and no signals", "[v1][errors]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join("", "/public/tea/");
        REQUIRE(ann.request({{"type", "direct"}, {"to", ann.identity["id"]}, {"message", "hi"}})["error"] ==
                "unknown_type");
        REQUIRE(ann.request({{"type", "signal"}, {"signal", 1}})["error"] == "unknown_type");
    });
}

TEST_CASE("A person who has left cannot be written to", "[v1][errors]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        auto ben = site.join(name_query("Ben", "ben"));
        ben.client.close();
        REQUIRE(ann.next_frame_of("leave")["member"] == ben.identity);
        REQUIRE(ann.request({{"type", "direct"}, {"to", ben.identity["id"]}, {"message", "hi"}})["error"] ==
                "no_such_person");
    });
}

TEST_CASE("A message that is not UTF-8 closes with 1007, even one that comes with the handshake", "[v1][errors]") {
    explore_orders([](v1_site& site) {
        auto client = site.world.client("/chat/tea/").subprotocol("roompp.v1").start_connecting();
        client.send("{\"message\": \"\xff\"}");
        REQUIRE(client.closed().code == 1007);
        REQUIRE(client.handshake().status == 101);
    });
}

TEST_CASE("A message that is too big closes with 1009", "[v1][errors]") {
    auto bounds = support::unlimited_rate();
    bounds.message_bytes = 1000;
    explore_orders(bounds, [](v1_site& site) {
        auto ann = site.join();
        ann.send({{"message", times(900, "x")}});
        REQUIRE(ann.next_frame()["message"] == times(900, "x"));
        ann.send({{"message", times(1000, "x")}});
        REQUIRE(ann.client.closed().code == 1009);
    });
}

TEST_CASE("The last of duplicate keys counts", "[v1][errors]") {
    explore_orders([](v1_site& site) {
        auto ann = site.join();
        ann.client.send(R"({"message":"one","message":"two","ack":5,"ack":6})");
        REQUIRE(ann.next_frame()["message"] == "two");
        REQUIRE(ann.next_frame()["ack"] == 6);
    });
}

TEST_CASE("Hostile JSON does no harm", "[v1][errors]") {
    const auto frames = hostile_frames();
    const auto send_all = [&](v1_site& site) {
        auto bystander = site.join("name=bystander");
        for (const auto& text : frames) {
            CAPTURE(text.substr(0, 60));
            auto guest = site.join();
            guest.client.send(text);
            REQUIRE(guest.client.is_open());
            guest.client.close();
            auto old = site.join_tutorial();
            old.send(text);
            REQUIRE(old.is_open());
            old.close();
            (void)bystander.all_frames();
        }
        REQUIRE(bystander.send_message("still here") > 0);
    };
    explore_orders(support::unlimited_rate(), send_all, 2);
}

TEST_CASE("Frames whose bytes have changed do no harm", "[v1][errors]") {
    const auto send_all = [](v1_site& site) {
        roompp::testing::random_numbers dice(site.world.seed());
        auto bystander = site.join("name=bystander");
        const strings valid = {R"({"type":"message","message":"hi","ack":1})",
                               R"({"type":"direct","to":"x","message":"hi","ack":2})",
                               R"({"type":"signal","signal":{"typing":true}})", R"({"type":"ping","ack":3})"};
        for (int i = 0; i < 10; ++i) {
            auto guest = site.connect("last=" + std::to_string(dice.below(200)));
            for (int n = 0; n < 20; ++n) {
                std::string text = valid[dice.below(valid.size())];
                for (auto changes = dice.below(4); changes > 0; --changes)
                    text[dice.below(text.size())] = static_cast<char>(dice.below(128));
                guest.client.send(text);
            }
            if (dice.below(2) == 0) {
                guest.client.drop();
            } else {
                guest.client.close();
                REQUIRE(guest.client.closed().code == 1000);
            }
        }
        (void)bystander.all_frames();
        REQUIRE(bystander.send_message("still here") > 0);
    };
    explore_orders(support::unlimited_rate(), send_all, 20);
}
