#include <string>

#include <roompp/http/parser.hpp>
#include <roompp/http/response_writer.hpp>

#include "support/catch.hpp"

using roompp::response;
using roompp::detail::body_length;
using roompp::detail::connection_option;
using roompp::detail::head_options;
using roompp::detail::serialize;
using roompp::detail::serialize_head;

namespace {

constexpr const char* date = "Sun, 06 Nov 1994 08:49:37 GMT";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

head_options with(connection_option connection, body_length length = body_length::known) {
    return {length, connection, date, nullptr};
}

}  // namespace

TEST_CASE("A response is serialized to exactly these bytes", "[response_writer]") {
    CHECK(serialize(response("hi\n"), true, with(connection_option::none)) ==
          "HTTP/1.1 200 OK\r\n"
          "Content-Type: text/plain; charset=utf-8\r\n"
          "Content-Length: 3\r\n"
          "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
          "X-Content-Type-Options: nosniff\r\n"
          "\r\n"
          "hi\n");
    CHECK(has(serialize(response(404, "no"), true, with(connection_option::none)), "HTTP/1.1 404 Not Found\r\n"));
}

TEST_CASE("A response without its body has the body's length", "[response_writer]") {
    const std::string bytes = serialize(response("12345"), false, with(connection_option::none));
    CHECK(has(bytes, "Content-Length: 5\r\n"));
    CHECK(bytes.substr(bytes.size() - 4) == "\r\n\r\n");
}

TEST_CASE("A response has a Connection header only if it is needed", "[response_writer]") {
    CHECK(has(serialize(response("a"), true, with(connection_option::close)), "\r\nConnection: close\r\n"));
    CHECK(has(serialize(response("a"), true, with(connection_option::keep_alive)), "\r\nConnection: keep-alive\r\n"));
    CHECK_FALSE(has(serialize(response("a"), true, with(connection_option::none)), "Connection:"));
}

TEST_CASE("A handler's own Date is the only one", "[response_writer]") {
    response dated("a");
    dated.headers.emplace_back("date", "Mon, 07 Nov 1994 00:00:00 GMT");
    const std::string bytes = serialize(dated, true, with(connection_option::none));
    CHECK(has(bytes, "\r\ndate: Mon, 07 Nov 1994 00:00:00 GMT\r\n"));
    CHECK_FALSE(has(bytes, "Date: "));
}

TEST_CASE("A 304 has neither a type nor a body", "[response_writer]") {
    response unchanged(304, "body");
    unchanged.headers.emplace_back("ETag", "\"a\"");
    const std::string bytes = serialize(unchanged, true, with(connection_option::none));
    CHECK_FALSE(has(bytes, "\nContent-Type:"));
    CHECK_FALSE(has(bytes, "Content-Length"));
    CHECK_FALSE(has(bytes, "body"));
    CHECK(has(bytes, "\r\nETag: \"a\"\r\n"));
}

TEST_CASE("A 204 has neither a length nor a body", "[response_writer]") {
    // RFC 9110, section 8.6: no Content-Length; section 15.3.5: it ends with the header section.
    const std::string bytes = serialize(response(204, "body"), true, with(connection_option::none));
    CHECK_FALSE(has(bytes, "Content-Length"));
    CHECK(bytes.substr(bytes.size() - 4) == "\r\n\r\n");
}

TEST_CASE("A line break in a value does not start another header", "[response_writer]") {
    response tricky("body");
    tricky.headers.emplace_back("Location", "/a\r\nSet-Cookie: a=b\r\n\r\n<script>");
    tricky.headers.emplace_back("X-One", "1\n2\r3");
    tricky.content_type = "text/plain\r\nX-Two: 2";
    const std::string bytes = serialize(tricky, true, with(connection_option::none));
    CHECK(has(bytes, "\r\nLocation: /aSet-Cookie: a=b<script>\r\n"));
    CHECK(has(bytes, "\r\nX-One: 123\r\n"));
    CHECK_FALSE(has(bytes, "\nSet-Cookie"));
    CHECK_FALSE(has(bytes, "\nX-Two"));
    CHECK(bytes.find("\r\n\r\n") == bytes.size() - 8);
}

TEST_CASE("A piece of a body becomes a chunk with its length in hexadecimal", "[response_writer]") {
    CHECK(roompp::detail::chunk_of("a") == "1\r\na\r\n");
    CHECK(roompp::detail::chunk_of(std::string(16, 'a')) == "10\r\n" + std::string(16, 'a') + "\r\n");
    CHECK(has(roompp::detail::chunk_of(std::string(0xabcdef, 'a')), "abcdef\r\na"));
}

TEST_CASE("A head declares the framing of its body", "[response_writer]") {
    const auto head = [](int status, body_length length, connection_option connection) {
        return serialize_head(response(status, "a"), with(connection, length));
    };
    const std::string chunked = head(200, body_length::in_chunks, connection_option::none);
    CHECK(has(chunked, "\r\nTransfer-Encoding: chunked\r\n"));
    CHECK_FALSE(has(chunked, "Content-Length"));
    const std::string open = head(200, body_length::until_close, connection_option::close);
    CHECK_FALSE(has(open, "Transfer-Encoding"));
    CHECK_FALSE(has(open, "Content-Length"));
    CHECK(has(open, "\r\nConnection: close\r\n"));
    CHECK_FALSE(has(head(204, body_length::in_chunks, connection_option::none), "Transfer-Encoding"));
}

TEST_CASE("Added headers and counts belong to one response", "[response_writer]") {
    roompp::detail::request_parser parser;
    parser.consume("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    roompp::detail::response_writer writer;
    writer.start(parser.head());
    writer.add_headers({{"X-One", "1"}});
    const std::string bytes = writer.write(response("a"), false, date);
    CHECK(has(bytes, "\r\nX-One: 1\r\n"));
    const auto info = writer.take_info();
    CHECK(info.status == 200);
    CHECK(info.bytes == bytes.size());
    CHECK(writer.take_info().status == 0);
    writer.start(parser.head());
    CHECK_FALSE(has(writer.write(response("a"), false, date), "X-One"));
}
