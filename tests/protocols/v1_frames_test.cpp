// The frames of roompp.v1 are JSON, whatever the application puts into them.

#include <string>

#include <nlohmann/json.hpp>

#include <roompp/protocols/v1_frames.hpp>

#include "support/catch.hpp"

using roompp::v1_frames::json_value;

TEST_CASE("A signal that is no JSON becomes a string", "[v1]") {
    CHECK(json_value(R"({"typing": true})") == R"({"typing": true})");
    CHECK(json_value("1e3") == "1e3");
    const std::string nul(1, '\0');
    for (const std::string& text : {std::string("hi"), std::string(), std::string("{} x"), "{}" + nul, "{}" + nul + "x",
                                    "1" + nul, std::string("\xEF\xBB\xBF{}"), std::string("\xEF\xBB\xBF")}) {
        const auto frame = nlohmann::json::parse("[" + json_value(text) + ",1]", nullptr, false);
        REQUIRE(frame.is_array());
        CHECK(frame.size() == 2);
        CHECK(frame[0] == text);
    }
    CHECK(json_value("caf\xE9") == "\"caf\uFFFD\"");
}
