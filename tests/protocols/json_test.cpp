#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <roompp/json.hpp>

#include "support/catch_json.hpp"

using roompp::json_string;
using roompp::parse_cbor;
using roompp::parse_json;

namespace {

nlohmann::json cbor_of(std::initializer_list<unsigned> bytes) {
    std::string text;
    for (const unsigned byte : bytes) text += static_cast<char>(byte);
    return parse_cbor(text);
}

std::string nested(std::size_t levels, const char* open, const char* close) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < levels; ++i) text += close;
    return text;
}

}  // namespace

TEST_CASE("JSON may be nested up to a bound") {
    for (const auto* open : {"[", R"({"a":)"}) {
        const auto* close = *open == '[' ? "]" : "}";
        REQUIRE_FALSE(parse_json(nested(roompp::max_json_levels, open, close)).is_discarded());
        REQUIRE(parse_json(nested(roompp::max_json_levels + 1, open, close)).is_discarded());
        REQUIRE(parse_json(nested(200'000, open, close)).is_discarded());
        REQUIRE(parse_json('[' + nested(200'000, open, close) + ",[]]").is_discarded());  // the deepest counts
    }
}

TEST_CASE("Brackets in a string, and one beside the other, are not nested") {
    const std::string brackets(1000, '[');
    REQUIRE(json_string(R"({"a\"[{\\": 1, "message": ")" + brackets + R"(\""})", "message") == brackets + '"');
    std::string text = "[0";
    for (int i = 0; i < 1000; ++i) text += ",[],{}";
    REQUIRE(parse_json(text + ']').size() == 2001);
}

TEST_CASE("What is not JSON is discarded and does not throw") {
    for (const auto* text : {"", "[", "]]]]", "}{", "\"", "\"\\", "[1e999]", "\xff"})
        REQUIRE(parse_json(text).is_discarded());
    REQUIRE(json_string(std::string(500'000, '['), "message") == std::nullopt);
}

TEST_CASE("A text with a NUL is no JSON") {
    const std::string nul(1, '\0');
    for (const auto& text : {R"({"message":"hi"})" + nul, R"({"message":"hi"})" + nul + "garbage", nul + "{}",
                             "[1," + nul + "2]", "[\"" + nul + "\"]"})
        CHECK(parse_json(text).is_discarded());
    CHECK(json_string(R"({"message":"\u0000"})", "message") == nul);
}

TEST_CASE("CBOR of every kind is read as nlohmann/json has written it") {
    const auto values = nlohmann::json::parse(
        R"([0, 23, 24, 255, 256, 65536, 4294967296, -1, -25, -300, 1.5, 1e300, true, false, null, "", "text", [], {},
            {"a": {"b": [1, {"c": []}]}, "d": [[], [[]], {}]}])");
    auto written = nlohmann::json::to_cbor(values);
    REQUIRE(parse_cbor(std::string(written.begin(), written.end())) == values);
    const nlohmann::json long_ones = {std::string(70'000, 'x'), std::vector<int>(70'000, 1)};
    written = nlohmann::json::to_cbor(long_ones);
    REQUIRE(parse_cbor(std::string(written.begin(), written.end())) == long_ones);
}

TEST_CASE("CBOR of no length told is read") {
    REQUIRE(cbor_of({0x9f, 0x01, 0x9f, 0xff, 0x02, 0xff}) == nlohmann::json({1, nlohmann::json::array(), 2}));
    REQUIRE(cbor_of({0xbf, 0x61, 'a', 0x01, 0xff}) == nlohmann::json({{"a", 1}}));
    REQUIRE(cbor_of({0x82, 0x7f, 0x61, 'a', 0x61, 'b', 0xff, 0x02}) == nlohmann::json({"ab", 2}));
}

TEST_CASE("CBOR may be nested up to a bound, whatever it is nested in") {
    const auto nested_cbor = [](std::size_t levels, const char* open, const char* close) {
        std::string text;
        for (std::size_t i = 0; i < levels; ++i) text += open;
        text += '\x01';
        for (std::size_t i = 0; i < levels; ++i) text += close;
        return parse_cbor(text);
    };
    for (const auto* open : {"\x81", "\xa1\x61k", "\x98\x01"}) {
        REQUIRE_FALSE(nested_cbor(roompp::max_json_levels, open, "").is_discarded());
        REQUIRE(nested_cbor(roompp::max_json_levels + 1, open, "").is_discarded());
        REQUIRE(nested_cbor(1'000'000, open, "").is_discarded());
    }
    REQUIRE_FALSE(nested_cbor(roompp::max_json_levels, "\x9f", "\xff").is_discarded());
    REQUIRE(nested_cbor(roompp::max_json_levels + 1, "\x9f", "\xff").is_discarded());
    for (const char* endless : {"\x9f", "\xbf", "\x7f", "\x5f", "\xc0", "\xbf\x61k"})
        REQUIRE(nested_cbor(1'000'000, endless, "").is_discarded());
}

TEST_CASE("CBOR that is cut off, too long or no CBOR is discarded and does not throw") {
    REQUIRE(cbor_of({}).is_discarded());
    REQUIRE(cbor_of({0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}).is_discarded());
    REQUIRE(cbor_of({0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x61}).is_discarded());
    REQUIRE(cbor_of({0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}).is_discarded());
    REQUIRE(cbor_of({0x1c}).is_discarded());
    REQUIRE(cbor_of({0x01, 0x01}).is_discarded());
    REQUIRE(cbor_of({0xff}).is_discarded());
    REQUIRE(cbor_of({0x82, 0x01}).is_discarded());
    REQUIRE(cbor_of({0x82, 0x01, 0xff}).is_discarded());
    std::mt19937 dice(20240302);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes(dice() % 40, '\0');
        for (char& byte : bytes) byte = static_cast<char>(dice());
        (void)parse_cbor(bytes);
    }
}
