#include <string>

#include <roompp/json.hpp>

#include "catch.hpp"

using roompp::json_string;
using roompp::parse_json;

namespace {

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
        REQUIRE_FALSE(parse_json(nested(roompp::most_json_levels, open, close)).is_discarded());
        REQUIRE(parse_json(nested(roompp::most_json_levels + 1, open, close)).is_discarded());
        REQUIRE(parse_json(nested(200'000, open, close)).is_discarded());
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
