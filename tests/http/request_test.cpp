#include <string>

#include <roompp/http/cookies.hpp>
#include <roompp/http/parser.hpp>
#include <roompp/http/request.hpp>

#include "support/catch.hpp"

namespace {

// A request with these lines after the request line, each with its CR LF.
struct parsed_request {
    explicit parsed_request(const std::string& fields, const std::string& target = "/a/b?x=1&y=%20")
        : text("GET " + target + " HTTP/1.1\r\nHost: localhost:80\r\n" + fields + "\r\n") {
        parser.consume(text);
        REQUIRE(parser.state() == roompp::detail::parse_state::complete);
    }
    [[nodiscard]] roompp::request get() const { return {parser.head(), body, "127.0.0.1"}; }

    std::string text;
    std::string body;
    roompp::detail::request_parser parser;
};

}  // namespace

TEST_CASE("A request has its target's parts", "[request]") {
    const parsed_request parsed("");
    const roompp::request request = parsed.get();
    CHECK(request.method() == "GET");
    CHECK(request.path() == "/a/b");
    CHECK(request.query("x") == "1");
    CHECK(request.query("y") == " ");
    CHECK_FALSE(request.query("z"));
    CHECK(request.host() == "localhost:80");
}

TEST_CASE("An absolute target, in any case, names the path and the host", "[request]") {
    for (const char* target : {"http://example.org/a?x=1", "HTTP://example.org/a?x=1", "hTTpS://example.org/a?x=1"}) {
        CAPTURE(target);
        const parsed_request parsed("", target);
        CHECK(parsed.get().path() == "/a");
        CHECK(parsed.get().query("x") == "1");
        CHECK(parsed.get().host() == "example.org");  // RFC 9112, section 3.2.2: instead of Host
    }
}

TEST_CASE("Header fields of one name are joined, and a name's case does not matter", "[request]") {
    const parsed_request parsed("X-List: a\r\nX-Other: b\r\nx-list: c\r\nX-Empty:\r\n");
    const roompp::request request = parsed.get();
    const std::string& list = request.header("X-LIST");
    CHECK(list == "a, c");
    CHECK(request.header("x-other") == "b");
    CHECK(request.header("X-Empty").empty());
    CHECK(request.header("X-None").empty());
    CHECK(&request.header("x-list") == &list);  // as long as the request
}

TEST_CASE("A cookie is found by its name", "[request]") {
    const parsed_request parsed("Cookie: a=1; session=x=y; b=\r\n");
    const roompp::request request = parsed.get();
    CHECK(request.cookie("a") == "1");
    CHECK(request.cookie("session") == "x=y");
    CHECK(request.cookie("b") == "");
    CHECK_FALSE(request.cookie("c"));
    CHECK_FALSE(request.cookie("A"));
    CHECK(roompp::cookie_value("a=1;a=2", "a") == "1");
    CHECK(roompp::cookie_value("ab=1; a=2", "a") == "2");
    CHECK_FALSE(roompp::cookie_value("ab=1", "a"));
    CHECK_FALSE(roompp::cookie_value("", "a"));
    CHECK_FALSE(roompp::cookie_value("a", "a"));
}
