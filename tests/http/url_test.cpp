#include <stdexcept>
#include <string>
#include <string_view>

#include <roompp/http/url.hpp>

#include "support/catch.hpp"

using roompp::is_good_name;
using roompp::is_shown_name;
using roompp::path_template;
using roompp::percent_decode;
using roompp::query_value;

TEST_CASE("Percent-encoding is decoded", "[url]") {
    CHECK(percent_decode("") == "");
    CHECK(percent_decode("plain") == "plain");
    CHECK(percent_decode("%41") == "A");
    CHECK(percent_decode("a%2fb%2Fc") == "a/b/c");
    CHECK(percent_decode("%e2%82%AC") == "\xe2\x82\xac");
    CHECK(percent_decode("%2541") == "%41");
    CHECK(percent_decode("a%00b") == std::string("a\0b", 3));
    CHECK(percent_decode("%FF") == "\xff");
}

TEST_CASE("A plus is a space in a query only", "[url]") {
    CHECK(percent_decode("a+b") == "a+b");
    CHECK(percent_decode("a+b", true) == "a b");
    CHECK(percent_decode("a%2Bb", true) == "a+b");
}

TEST_CASE("Broken percent-encoding decodes to nothing", "[url]") {
    for (const char* broken : {"%", "%4", "a%", "a%4", "%g1", "%1g", "%%41", "% 41", "%-1", "%4%41"}) {
        CAPTURE(broken);
        CHECK_FALSE(percent_decode(broken));
    }
}

TEST_CASE("Query parameters are found by their whole name", "[url]") {
    const std::string_view query = "after=7&wait=25&empty=&flag&name=a+b%26c&after=8&=nameless";
    CHECK(query_value(query, "after") == "7");
    CHECK(query_value(query, "wait") == "25");
    CHECK(query_value(query, "empty") == "");
    CHECK(query_value(query, "flag") == "");
    CHECK(query_value(query, "name") == "a b&c");
    CHECK_FALSE(query_value(query, "fter"));
    CHECK_FALSE(query_value(query, "aft"));
    CHECK_FALSE(query_value(query, "7"));
    CHECK_FALSE(query_value("", "after"));
    CHECK(query_value("a=b=c", "a") == "b=c");
    CHECK(query_value("&&a=1", "a") == "1");
    CHECK_FALSE(query_value("a=%", "a"));
}

TEST_CASE("A template without named parts matches to the letter", "[url]") {
    const path_template echo("/ws/echo/");
    CHECK(echo.text() == "/ws/echo/");
    CHECK(echo.match("/ws/echo/"));
    CHECK(echo.match("/ws/echo/")->empty());
    for (const char* other : {"", "/", "/ws/echo", "/ws/echo//", "/WS/echo/", "/ws/echo/a", "ws/echo/", "//ws/echo/"}) {
        CAPTURE(other);
        CHECK_FALSE(echo.match(other));
    }
    CHECK(path_template("/").match("/"));
    CHECK_FALSE(path_template("/").match("//"));
}

TEST_CASE("A template's named parts are whole segments", "[url]") {
    const path_template chat("/ws/chat/{room}/{member}");
    const auto found = chat.match("/ws/chat/tea%20time/7");
    REQUIRE(found);
    REQUIRE(found->size() == 2);
    CHECK((*found)[0].first == "room");
    CHECK((*found)[0].second == "tea%20time");
    CHECK((*found)[1].first == "member");
    CHECK((*found)[1].second == "7");
    for (const char* other : {"/ws/chat//7", "/ws/chat/tea/", "/ws/chat/tea/7/", "/ws/chat/tea", "/ws/chat/a/b/c"}) {
        CAPTURE(other);
        CHECK_FALSE(chat.match(other));
    }
}

TEST_CASE("A malformed path template is refused", "[url]") {
    for (const char* bad : {"", "chat", "{room}", "/{}", "/a{room}/", "/{room}a/", "/{room/", "/room}/", "/a?b", "/a#b",
                            "/{a}/{a}/", "/{a}{b}/", "/{{a}}/", "/{a?}/", "/{a#b}/"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(path_template(bad), std::invalid_argument);
    }
    try {
        path_template("chat");
    } catch (const std::invalid_argument& problem) {
        CHECK(std::string(problem.what()).find("'chat'") != std::string::npos);
    }
}

TEST_CASE("A literal part has precedence over a named one", "[url]") {
    const path_template named("/{room}/");
    const path_template literal("/about/");
    CHECK(literal.is_more_literal_than(named));
    CHECK_FALSE(named.is_more_literal_than(literal));
    CHECK_FALSE(named.is_more_literal_than(named));
    CHECK_FALSE(literal.is_more_literal_than(path_template("/other/")));
    const path_template early("/chat/{room}");
    const path_template late("/{kind}/tea");
    CHECK(early.is_more_literal_than(late));
    CHECK_FALSE(late.is_more_literal_than(early));
}

TEST_CASE("Names may be in any script", "[url]") {
    for (const char* good : {"caf\u00e9", "\u623f\u95f4", "a b", "user@example.org", "a:b", "R&D", "...", "-", "1%"}) {
        CAPTURE(good);
        CHECK(is_shown_name(good, 20));
    }
    for (const char* bad : {"", ".", "..", "/", "a/b", " a", "a ", "a\n", "\xff", "\u202etxt", "\u200b", "\u2028"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_shown_name(bad, 20));
    }
    CHECK(is_shown_name("\u623f\u623f\u623f", 3));
    CHECK_FALSE(is_shown_name("\u623f\u623f\u623f\u623f", 3));
}

TEST_CASE("Good names are short and plain", "[url]") {
    for (const char* good : {"a", "lobby", "A-z_0.9", "...", "-", ".a"}) {
        CAPTURE(good);
        CHECK(is_good_name(good, 10));
    }
    for (const char* bad : {"", ".", "..", "a b", "a/b", "\xc3\xa4", "a\n", "a%", "{a}", "01234567890"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_good_name(bad, 10));
    }
    CHECK(is_good_name("0123456789", 10));
    CHECK_FALSE(is_good_name(std::string_view("a\0", 2), 10));
}
