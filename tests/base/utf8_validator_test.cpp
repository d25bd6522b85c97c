#include <cstddef>
#include <string>

#include <roompp/base/utf8_validator.hpp>

#include "support/catch.hpp"

using roompp::detail::is_utf8;
using roompp::detail::utf8_validator;

TEST_CASE("Text of every length of character is UTF-8", "[utf8]") {
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain text that is longer than a word"));
    CHECK(is_utf8("\xc2\x80 \xdf\xbf"));
    CHECK(is_utf8("\xe0\xa0\x80 \xec\xbf\xbf \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"));
    CHECK(is_utf8("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
    CHECK(is_utf8(std::string(1, '\0')));
}

TEST_CASE("Bytes that no character has are not UTF-8, wherever they are", "[utf8]") {
    for (const char* bytes :
         {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe2\x82", "\xf0\x9f\x98", "\xc2 ", "\xe2\x82 "}) {
        CAPTURE(bytes);
        CHECK_FALSE(is_utf8(bytes));
        for (std::size_t before = 1; before < 20; ++before) {
            CHECK_FALSE(is_utf8(std::string(before, 'x') + bytes));
            CHECK_FALSE(is_utf8(bytes + std::string(before, 'x')));
        }
    }
}

TEST_CASE("A text that comes in parts is checked as a whole", "[utf8]") {
    const std::string text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        utf8_validator validator;
        CHECK(validator.append(text.substr(0, cut)));
        CHECK(validator.append(text.substr(cut)));
        CHECK(validator.is_complete());
    }
    utf8_validator validator;
    CHECK(validator.append("\xe2"));
    CHECK_FALSE(validator.is_complete());
    CHECK_FALSE(validator.append("("));
}
