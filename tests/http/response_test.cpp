#include <string>

#include <roompp/http/response.hpp>

#include "support/catch.hpp"

using roompp::content_type_of;
using roompp::entity_tag;
using roompp::response;
using roompp::detail::serialize;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("A response is serialized to its very bytes", "[response]") {
    CHECK(serialize(response("hi\n"), true, true) ==
          "HTTP/1.1 200 OK\r\n"
          "Content-Type: text/plain; charset=utf-8\r\n"
          "Content-Length: 3\r\n"
          "X-Content-Type-Options: nosniff\r\n"
          "\r\n"
          "hi\n");
}

TEST_CASE("Responses are made of strings, statuses and types", "[response]") {
    const response text = "hi";
    CHECK(text.status == 200);
    CHECK(text.body == "hi");
    const response missing(404, "no");
    CHECK(missing.status == 404);
    CHECK(has(serialize(missing, true, true), "HTTP/1.1 404 Not Found\r\n"));
    const response made = response::json("{}");
    CHECK(made.content_type == "application/json");
    CHECK(made.body == "{}");
    CHECK(response(200, "text/html", "<p>").content_type == "text/html");
}

TEST_CASE("A response without its body tells the body's length", "[response]") {
    const std::string bytes = serialize(response("12345"), false, true);
    CHECK(has(bytes, "Content-Length: 5\r\n"));
    CHECK(bytes.substr(bytes.size() - 4) == "\r\n\r\n");
}

TEST_CASE("A connection that is not kept says so", "[response]") {
    CHECK(has(serialize(response("a"), true, false), "\r\nConnection: close\r\n"));
    CHECK_FALSE(has(serialize(response("a"), true, true), "Connection:"));
}

TEST_CASE("A 304 has neither a type nor a body", "[response]") {
    response unchanged(304, "body");
    unchanged.headers.emplace_back("ETag", "\"a\"");
    const std::string bytes = serialize(unchanged, true, true);
    CHECK_FALSE(has(bytes,
                    "Content-"
                    "Type:"));
    CHECK_FALSE(has(bytes, "Content-Length"));
    CHECK_FALSE(has(bytes, "body"));
    CHECK(has(bytes, "\r\nETag: \"a\"\r\n"));
}

TEST_CASE("A 204 has neither a length nor a body", "[response]") {
    // RFC 9110, section 8.6: no Content-Length; section 15.3.5: it ends with the header section.
    const std::string bytes = serialize(response(204, "body"), true, true);
    CHECK_FALSE(has(bytes, "Content-Length"));
    CHECK(bytes.substr(bytes.size() - 4) == "\r\n\r\n");
}

TEST_CASE("A line break in a value does not start another header", "[response]") {
    response tricky("body");
    tricky.headers.emplace_back("Location", "/a\r\nSet-Cookie: a=b\r\n\r\n<script>");
    tricky.headers.emplace_back("X-One", "1\n2\r3");
    tricky.content_type = "text/plain\r\nX-Two: 2";
    const std::string bytes = serialize(tricky, true, true);
    CHECK(has(bytes, "\r\nLocation: /aSet-Cookie: a=b<script>\r\n"));
    CHECK(has(bytes, "\r\nX-One: 123\r\n"));
    CHECK_FALSE(has(bytes, "\nSet-Cookie"));
    CHECK_FALSE(has(bytes, "\nX-Two"));
    CHECK(bytes.find("\r\n\r\n") == bytes.size() - 8);
}

TEST_CASE("Content types follow the end of a file's name", "[response]") {
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

TEST_CASE("Equal bytes have equal entity tags, others have others", "[response]") {
    CHECK(entity_tag("") == "\"cbf29ce484222325\"");
    CHECK(entity_tag("a") == "\"af63dc4c8601ec8c\"");
    CHECK(entity_tag("foobar") == "\"85944171f73967e8\"");
    CHECK(entity_tag("ab") != entity_tag("ba"));
    CHECK(entity_tag("\xff") == entity_tag("\xff"));
}

TEST_CASE("A piece of a body becomes a chunk with its length in hexadecimal", "[response]") {
    CHECK(roompp::detail::chunk_of("a") == "1\r\na\r\n");
    CHECK(roompp::detail::chunk_of(std::string(16, 'a')) == "10\r\n" + std::string(16, 'a') + "\r\n");
    CHECK(has(roompp::detail::chunk_of(std::string(0xabcdef, 'a')), "abcdef\r\na"));
}

TEST_CASE("A head tells how its body ends", "[response]") {
    using roompp::detail::body_length;
    using roompp::detail::serialize_head;
    const std::string chunked = serialize_head(response("a"), body_length::in_chunks, true);
    CHECK(has(chunked, "\r\nTransfer-Encoding: chunked\r\n"));
    CHECK_FALSE(has(chunked, "Content-Length"));
    const std::string open = serialize_head(response("a"), body_length::to_the_very_end, false);
    CHECK_FALSE(has(open, "Transfer-Encoding"));
    CHECK_FALSE(has(open, "Content-Length"));
    CHECK(has(open, "\r\nConnection: close\r\n"));
    CHECK_FALSE(has(serialize_head(response(204, ""), body_length::in_chunks, true), "Transfer-Encoding"));
}
