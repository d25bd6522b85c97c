#include <roompp/http/mime_types.hpp>

#include "support/catch.hpp"

using roompp::content_type_of;

TEST_CASE("Content types follow the end of a file's name", "[mime_types]") {
    CHECK(content_type_of("index.html") == "text/html; charset=utf-8");
    CHECK(content_type_of("a/b.min.js") == "text/javascript; charset=utf-8");
    CHECK(content_type_of("style.css") == "text/css; charset=utf-8");
    CHECK(content_type_of("data.json") == "application/json");
    CHECK(content_type_of("picture.svg") == "image/svg+xml");
    CHECK(content_type_of("font.woff2") == "font/woff2");
    CHECK(content_type_of("program") == "application/octet-stream");
    CHECK(content_type_of("html") == "application/octet-stream");
    CHECK(content_type_of("") == "application/octet-stream");
    CHECK(content_type_of("archive.html.gz") == "application/octet-stream");
}
