#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/base/text.hpp>

#include "support/catch.hpp"

using namespace roompp::detail;
using namespace std::string_view_literals;

TEST_CASE("Numbers are written in hexadecimal digits, the most significant first", "[text]") {
    CHECK(to_hex(0) == "0");
    CHECK(to_hex(0x1a0) == "1a0");
    CHECK(to_hex(0x1a0, 16) == "00000000000001a0");
    CHECK(to_hex(UINT64_MAX, 3) == "ffffffffffffffff");
    CHECK(to_hex(0, 0).empty());
}

TEST_CASE("Bytes are written as two hexadecimal digits each", "[text]") {
    CHECK(to_hex(""sv).empty());
    CHECK(to_hex("\x00\x0f\xff"sv) == "000fff");
}

TEST_CASE("A hexadecimal digit of either case has a value, other characters have none", "[text]") {
    CHECK(hex_value('0') == 0);
    CHECK(hex_value('9') == 9);
    CHECK(hex_value('a') == 10);
    CHECK(hex_value('F') == 15);
    for (const char c : {'g', 'G', '/', ':', '@', '`', ' ', '\0', '\xff'}) CHECK(hex_value(c) == -1);
}

TEST_CASE("A whole number is 1 to 18 decimal digits and nothing else", "[text]") {
    CHECK(whole_number("0") == 0U);
    CHECK(whole_number("007") == 7U);
    CHECK(whole_number("999999999999999999") == 999'999'999'999'999'999U);
    for (const std::string_view text :
         {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1a", "1:", "1/", "1000000000000000000"})
        CHECK_FALSE(whole_number(text));
    CHECK_FALSE(whole_number("1\0"sv));
}

TEST_CASE("A header's text loses its line breaks and nothing else", "[text]") {
    std::string bytes = "Name: ";
    append_header_text(bytes, "a\r\nSet-Cookie: b\t\n");
    CHECK(bytes == "Name: aSet-Cookie: b\t");
}

TEST_CASE("Spaces and tabs around a text are trimmed", "[text]") {
    CHECK(trim(" \t a b\t ") == "a b");
    CHECK(trim("a") == "a");
    CHECK(trim(" \t").empty());
    CHECK(trim("").empty());
    CHECK(trim("\na") == "\na");
}

TEST_CASE("Tokens are compared without their case", "[text]") {
    CHECK(same_token("Keep-Alive", "keep-alive"));
    CHECK(same_token("", ""));
    CHECK_FALSE(same_token("keep-alive", "keep-alives"));
    CHECK_FALSE(same_token("[", "{"));
    CHECK_FALSE(same_token("a", "b"));
}
