#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/shown_text.hpp>

#include "support/catch.hpp"

using roompp::is_shown_text;
using roompp::shown_text;

namespace {

std::string times(std::size_t count, std::string_view text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("Names of people in any script are shown", "[shown_text]") {
    for (const char* name : {"Ann", "a b", "<b>", "O'Neill", "Zo\u00eb", "\u738b\u5c0f\u660e", "\u05d0\u05d1\u05d2",
                             "\u0639\u0644\u064a\u0651", "\u0e01\u0e4d\u0e49", "Tie\u0302\u0301n", "\U0001F600",
                             "\U0001F469\u200d\U0001F680", "\u2764\ufe0f", "\ue000"}) {
        CAPTURE(name);
        CHECK(is_shown_text(name, 50));
    }
}

TEST_CASE("A name that shows nothing is none", "[shown_text]") {
    for (const char* name :
         {"", " ", "   ", "\u00a0", "\u200b", "\ufeff", "\u3164", "\u2800", "\u00ad", "\u034f", "\u3000\u2003",
          "\u200d\u200c", "\ufe0f", "\u0301", " \u0301", "\u061c", "\u200e", "\U000E0041"}) {
        CAPTURE(name);
        CHECK_FALSE(is_shown_text(name, 50));
    }
}

TEST_CASE("A name ends no line, drives no terminal and turns nothing round", "[shown_text]") {
    for (const char* harm :
         {"\n",     "\r",     "\t",     "\x1b[31m", "\x7f",   "\u0085", "\u009b",    "\u0080", "\u2028",
          "\u2029", "\u202a", "\u202b", "\u202c",   "\u202d", "\u202e", "\u2066",    "\u2067", "\u2068",
          "\u2069", "\u206f", "\ufff9", "\ufffe",   "\uffff", "\ufdd0", "\U0010FFFF"}) {
        CAPTURE(harm);
        CHECK_FALSE(is_shown_text(harm, 50));
        CHECK_FALSE(is_shown_text(std::string("Ann") + harm, 50));
        CHECK_FALSE(is_shown_text(std::string(harm) + "Ann", 50));
    }
    CHECK_FALSE(is_shown_text(std::string_view("A\0n", 3), 50));
}

TEST_CASE("Accents are not piled up", "[shown_text]") {
    CHECK(is_shown_text("Z" + times(4, "\u0336"), 50));
    CHECK_FALSE(is_shown_text("Z" + times(5, "\u0336"), 50));
    CHECK(is_shown_text(times(10, "Z" + times(4, "\u0336")), 50));
}

TEST_CASE("What is not UTF-8 is not shown", "[shown_text]") {
    for (const char* bytes : {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\x80", "Ann\x80"})
        CHECK_FALSE(is_shown_text(bytes, 50));
}

TEST_CASE("The length of a name is counted in characters", "[shown_text]") {
    CHECK(is_shown_text(times(50, "\U0001F600"), 50));
    CHECK_FALSE(is_shown_text(times(51, "\U0001F600"), 50));
    CHECK_FALSE(is_shown_text(times(51, "x"), 50));
    CHECK_FALSE(is_shown_text(times(100'000, "x"), 50));
    CHECK_FALSE(is_shown_text("x", 0));
}

TEST_CASE("A name that may not be shown is made one that may", "[shown_text]") {
    const std::pair<std::string, std::string> names[] = {
        {"", ""},
        {"Zo\u00eb <b>", "Zo\u00eb <b>"},
        {"Ann\u202etxt.exe", "Ann\uFFFDtxt.exe"},
        {"\x1b[31mAnn\n", "\uFFFD[31mAnn\uFFFD"},
        {"caf\xe9", "caf\uFFFD"},
        {"Z" + times(50, "\u0336") + "a", "Z" + times(4, "\u0336") + "a"},
        {"\u200b", "\uFFFD"},
        {"   ", "\uFFFD"},
        {times(1000, "x"), times(1000, "x")},
    };
    for (const auto& [name, shown] : names) {
        CAPTURE(name);
        CHECK(shown_text(name) == shown);
        CHECK(shown_text(shown) == shown);
    }
}
