#include <string>

#include <roompp/http/response.hpp>

#include "support/catch.hpp"

using roompp::reason_phrase;
using roompp::response;

TEST_CASE("Responses are made of strings, statuses and types", "[response]") {
    const response text = "hi";
    CHECK(text.status == 200);
    CHECK(text.body == "hi");
    const response missing(404, "no");
    CHECK(missing.status == 404);
    const response made = response::json("{}");
    CHECK(made.content_type == "application/json");
    CHECK(made.body == "{}");
    CHECK(response(200, "text/html", "<p>").content_type == "text/html");
}

TEST_CASE("A status has the reason phrase of RFC 9110", "[response]") {
    CHECK(reason_phrase(200) == "OK");
    CHECK(reason_phrase(413) == "Content Too Large");
    CHECK(reason_phrase(422) == "Unprocessable Content");
    CHECK(reason_phrase(426) == "Upgrade Required");
    CHECK(reason_phrase(431) == "Request Header Fields Too Large");
    CHECK(reason_phrase(505) == "HTTP Version Not Supported");
    CHECK(reason_phrase(299) == "Unknown");
}
