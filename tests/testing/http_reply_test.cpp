// The reader of HTTP responses.

#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

TEST_CASE("Responses are read in whatever parts they come", "[testing]") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const std::string with_length = head + "Content-Length: 5\r\n\r\nhello";
    const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";
    const std::string to_the_end = head + "\r\nhello";
    const std::string after_continue = "HTTP/1.1 100 Continue\r\n\r\n" + with_length;
    for (const auto& text : {with_length, chunked, to_the_end, after_continue}) {
        CAPTURE(text);
        for (std::size_t part = 1; part <= text.size(); ++part) {
            t::http_reply_reader reader;
            for (std::size_t at = 0; at < text.size(); at += part) {
                std::string_view bytes = std::string_view(text).substr(at, part);
                reader.consume(bytes);
                CHECK(bytes.empty());
            }
            reader.end();
            REQUIRE(reader.complete());
            CHECK(reader.reply().status == 200);
            CHECK(reader.reply().body == "hello");
        }
    }
}

TEST_CASE("Headers are read without regard to case, and joined", "[testing]") {
    t::http_reply_reader reader;
    std::string_view bytes =
        "HTTP/1.1 404 Not here\r\nA:  one \t\r\na: two\r\nEmpty:\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1";
    reader.consume(bytes);
    REQUIRE(reader.complete());
    CHECK(bytes == "HTTP/1.1");
    const t::http_reply& reply = reader.reply();
    CHECK(reply.version == "HTTP/1.1");
    CHECK(reply.status == 404);
    CHECK(reply.reason == "Not here");
    CHECK(reply.header("a") == "one, two");
    CHECK(reply.header("EMPTY").empty());
    CHECK(reply.header("missing").empty());
    CHECK(reply.headers.size() == 3);
    CHECK(reply.body == "hi");
}

TEST_CASE("A response without a body ends with its head", "[testing]") {
    for (const std::string head : {"HTTP/1.1 204 \r\n\r\n", "HTTP/1.1 304 \r\nContent-Length: 5\r\n\r\n",
                                   "HTTP/1.1 101 \r\n\r\n", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"}) {
        CAPTURE(head);
        t::http_reply_reader reader;
        const std::string text = head + "next";
        std::string_view bytes = text;
        reader.consume(bytes);
        CHECK(reader.complete());
        CHECK(bytes == "next");
    }
    t::http_reply_reader reader(true);
    std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    reader.consume(bytes);
    CHECK(reader.complete());
}

TEST_CASE("Malformed responses are errors, in whatever parts they come", "[testing]") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    for (const std::string& text : {std::string("HTTP/1.1 200\r\n"),
                                    std::string("HTTP/2.0 200 OK\r\n"),
                                    std::string("HTTP/1.1 2x0 OK\r\n"),
                                    std::string("HTTP/1.1 099 OK\r\n"),
                                    std::string("HTTP/1.1 200 OK\n"),
                                    std::string("nonsense\r\n"),
                                    head + "A : b\r\n",
                                    head + " folded\r\n",
                                    head + "no colon\r\n",
                                    head + ": no name\r\n",
                                    head + "A: b\rc\r\n",
                                    head + "Content-Length: -1\r\n\r\n",
                                    head + "Content-Length: 5 5\r\n\r\n",
                                    head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
                                    head + "Transfer-Encoding: gzip\r\n\r\n",
                                    head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                                    head + "Content-Length: 99999999999999999999\r\n\r\n",
                                    chunked + "\r\n",
                                    chunked + "x\r\n",
                                    chunked + "-1\r\n",
                                    chunked + "1\r\nab\r\n",
                                    chunked + "1\n"}) {
        CAPTURE(text);
        for (const std::size_t part : {std::size_t{1}, std::size_t{5}, text.size()}) {
            t::http_reply_reader reader;
            for (std::size_t at = 0; at < text.size(); at += part) {
                std::string_view bytes = std::string_view(text).substr(at, part);
                reader.consume(bytes);
                CHECK(bytes.empty());
            }
            reader.end();
            CHECK_FALSE(reader.complete());
            CHECK_FALSE(reader.error().empty());
        }
    }
}
