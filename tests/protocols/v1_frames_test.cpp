#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/history.hpp>
#include <roompp/rooms/room_event.hpp>

#include "support/catch_json.hpp"

using nlohmann::json;

namespace {

std::string message_json(const std::string& text) {
    return '{' + roompp::v1_frames::message_member(roompp::payload(text)) + '}';
}

}  // namespace

TEST_CASE("Texts are quoted as JSON, whatever is in them", "[v1][frames]") {
    for (int c = 0; c < 0x80; ++c) {
        const std::string text{'a', static_cast<char>(c), 'z'};
        CHECK(message_json(text) == nlohmann::json({{"message", text}}).dump());
    }
    std::mt19937 dice(20261126);
    const std::string parts[] = {
        "a", "\"", "\\", "\n", "\x01", "\x1f", "\x7f", "/", "\xc3\xa9", "\xf0\x9f\x98\x80", std::string(1, '\0')};
    for (int i = 0; i < 1000; ++i) {
        std::string text;
        for (std::size_t n = dice() % 30; n != 0; --n) text += parts[dice() % std::size(parts)];
        REQUIRE(message_json(text) == nlohmann::json({{"message", text}}).dump());
    }
}

TEST_CASE("What is not UTF-8 is repaired in a quoted text", "[v1][frames]") {
    CHECK(message_json("a\xffz") == "{\"message\":\"a\xef\xbf\xbdz\"}");
    CHECK(message_json("\xc3") == "{\"message\":\"\xef\xbf\xbd\"}");
}

TEST_CASE("A signal is JSON if it can be, and else a string", "[v1][frames]") {
    CHECK(roompp::v1_frames::json_value(R"({"typing":true})") == R"({"typing":true})");
    CHECK(roompp::v1_frames::json_value("typing") == R"("typing")");
    CHECK(roompp::v1_frames::json_value(std::string("{}\0}", 4)) == R"("{}\u0000}")");
    CHECK(roompp::v1_frames::json_value("\"\xff\"") == "\"\\\"\xef\xbf\xbd\\\"\"");
}

TEST_CASE("A signal that is no JSON becomes a string", "[v1]") {
    CHECK(roompp::v1_frames::json_value(R"({"typing": true})") == R"({"typing": true})");
    CHECK(roompp::v1_frames::json_value("1e3") == "1e3");
    const std::string nul(1, '\0');
    for (const std::string& text : {std::string("hi"), std::string(), std::string("{} x"), "{}" + nul, "{}" + nul + "x",
                                    "1" + nul, std::string("\xEF\xBB\xBF{}"), std::string("\xEF\xBB\xBF")}) {
        const auto frame = nlohmann::json::parse("[" + roompp::v1_frames::json_value(text) + ",1]", nullptr, false);
        REQUIRE(frame.is_array());
        CHECK(frame.size() == 2);
        CHECK(frame[0] == text);
    }
    CHECK(roompp::v1_frames::json_value("caf\xE9") == "\"caf\uFFFD\"");
}

TEST_CASE("The frames of a history are made of texts that are written once", "[v1][frames]") {
    roompp::ring_history<3> history;
    for (std::uint64_t id = 1; id <= 4; ++id)
        history.push({roompp::event_kind::message, id, {}, nullptr, {}, "\x01 message"}, nullptr);
    const auto frame_after = [&](std::uint64_t id) {
        roompp::join_snapshot snapshot;
        snapshot.messages = history.after(id);
        return json::parse(roompp::v1_frames::history(snapshot))["messages"];
    };
    const auto all = frame_after(0);
    REQUIRE(all.size() == 3);
    CHECK(all[0]["id"] == 2);
    CHECK(all[0]["message"] == "\x01 message");
    const auto memory = history.memory();
    CHECK(frame_after(0) == all);
    CHECK(frame_after(3) == json::array({all[2]}));
    CHECK(history.memory() == memory);
    history.forget_encoded();
    CHECK(history.memory() < memory);
    CHECK(frame_after(0) == all);
}
