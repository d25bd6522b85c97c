#include <string>
#include <string_view>

#include <roompp/websocket/extension_offers.hpp>

#include "support/catch.hpp"

namespace {

// The offers written again in one form: `name(parameter)(parameter=value) name`, or "malformed".
std::string parsed(std::string_view header) {
    const auto offers = roompp::net::parse_extension_offers(header);
    if (!offers) return "malformed";
    std::string text;
    for (const auto& offer : *offers) {
        if (!text.empty()) text += ' ';
        text += offer.name;
        for (const auto& parameter : offer.parameters) {
            text.append("(").append(parameter.name);
            if (parameter.value) text += '=' + *parameter.value;
            text += ')';
        }
    }
    return text;
}

}  // namespace

TEST_CASE("Offers keep their order and their parameters", "[extension_offers]") {
    CHECK(parsed("").empty());
    CHECK(parsed("a") == "a");
    CHECK(parsed("a, b") == "a b");
    CHECK(parsed("a; x; y=1, a; x, b;z=2") == "a(x)(y=1) a(x) b(z=2)");
    CHECK(parsed("a; x; x=1") == "a(x)(x=1)");
}

TEST_CASE("White space between tokens is ignored", "[extension_offers]") {
    CHECK(parsed("  a ;\tx = 1 ; y  ,b  ") == "a(x=1)(y) b");
    CHECK(parsed(" \t ").empty());
}

TEST_CASE("Empty elements of the list are skipped", "[extension_offers]") {
    CHECK(parsed(",").empty());
    CHECK(parsed(", ,, a,,b; x, ,") == "a b(x)");
}

TEST_CASE("Quoted values are unquoted", "[extension_offers]") {
    CHECK(parsed(R"(a; x="10"; y="\1\5", b)") == "a(x=10)(y=15) b");
}

TEST_CASE("A header that breaks the grammar is malformed", "[extension_offers]") {
    for (const char* const header :
         {"a;",           "a;;x",        "a; ;=", "a; =1", "a; x=",       "a; x=, b", "a; x=1 2",   "a b",
          "a; x y",       ";x",          "=",     "a=1",   "a; x=\"\"",   "a; x=\"1", "a; x=\"1\\", "a; x=\"1,2\"",
          "a; x=\"1 2\"", "a; x=\"1\"2", "\x01",  "a\x7f", "a, \xc3\xa4", "a/b",      "\"a\"",      "a; x=1; \"y\"",
          "a\nb"}) {
        CAPTURE(header);
        CHECK(parsed(header) == "malformed");
    }
    CHECK(parsed(std::string_view("a\0", 2)) == "malformed");
}
