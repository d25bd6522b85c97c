// HTTP connections: pipelining, requests in pieces, and the end of a connection.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/simulation.hpp>

#include "support/catch.hpp"
#include "support/http_site.hpp"

namespace t = roompp::testing;
using support::http_site;
using support::make_get;

TEST_CASE("A connection serves many requests", "[http]") {
    http_site site;
    auto browser = site.world.http();
    for (int i = 0; i < 20; ++i) {
        const auto name = 'n' + std::to_string(i);
        const auto answer = browser.get("/hello/" + name + '/');
        CHECK(answer.body == "Hello, " + name + "!\n");
        CHECK(answer.header("Connection") != "close");
        CHECK(browser.is_connected());
    }
}

TEST_CASE("A connection ends when the client asks for it", "[http]") {
    http_site site;
    for (const auto& text :
         {make_get("/hello/you/", {"Connection: close"}), std::string("GET /hello/you/ HTTP/1.0\r\nHost: a\r\n\r\n")}) {
        CAPTURE(text);
        auto browser = site.world.http();
        const auto answer = browser.send_bytes(text).reply();
        CHECK(answer.status == 200);
        CHECK(answer.header("Connection") == "close");
        CHECK_FALSE(browser.is_connected());
    }
}

TEST_CASE("A connection of HTTP/1.0 is persistent if the client asks for keep-alive, which the response confirms",
          "[http]") {
    http_site site;
    auto browser = site.world.http();
    for (int i = 0; i < 3; ++i) {
        const auto answer =
            browser.send_bytes("GET /hello/you/ HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n").reply();
        CHECK(answer.body == "Hello, you!\n");
        CHECK(answer.header("Connection") == "keep-alive");
        CHECK(browser.is_connected());
    }
}

TEST_CASE("HTTP/1.0 needs no host", "[http]") {
    http_site site;
    const auto answer = site.world.http().send_bytes("GET /hello/you/ HTTP/1.0\r\n\r\n").reply();
    CHECK(answer.status == 200);
    CHECK(answer.body == "Hello, you!\n");
}

TEST_CASE("An option of Connection counts only as a whole", "[http]") {
    http_site site;
    auto browser = site.world.http();
    for (const char* options : {"x-closed", "closed", "not-close, xclose"}) {
        CAPTURE(options);
        const auto answer = browser.get("/hello/you/", {{"Connection", options}});
        CHECK(answer.header("Connection").empty());
        CHECK(browser.is_connected());
    }
    const auto answer = browser.get("/hello/you/", {{"Connection", "x-option, Close"}});
    CHECK(answer.header("Connection") == "close");
    CHECK_FALSE(browser.is_connected());
}

TEST_CASE("Every response has the date of its second", "[http]") {
    http_site site;
    auto browser = site.world.http();
    site.world.set_wall_time(std::chrono::system_clock::time_point(std::chrono::seconds(784'111'777)));
    CHECK(browser.get("/hello/you/").header("Date") == "Sun, 06 Nov 1994 08:49:37 GMT");
    site.world.advance(std::chrono::seconds(2));
    CHECK(browser.get("/nothing/").header("Date") == "Sun, 06 Nov 1994 08:49:39 GMT");
    CHECK(browser.get("/static/a.txt").header("Date") == "Sun, 06 Nov 1994 08:49:39 GMT");
    CHECK(browser.send_bytes("GET\r\n\r\n").reply().header("Date") == "Sun, 06 Nov 1994 08:49:39 GMT");
}

TEST_CASE("An OPTIONS of the whole server gets its methods", "[http]") {
    http_site site;
    const auto answer = site.world.http().request("OPTIONS", "*");
    CHECK(answer.status == 204);
    CHECK(answer.header("Allow") == "GET, HEAD, POST");
}

TEST_CASE("A chunked body is received in pieces of any size", "[http]") {
    t::explore(20, [](std::uint64_t seed) {
        http_site site(seed);
        auto browser = site.world.http();
        const auto head = support::make_request("POST", "/shout/", {"Transfer-Encoding: Chunked"});
        browser.send_bytes(head + "5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n" +
                           make_get("/hello/you/") + head + "0\r\n\r\n");
        REQUIRE(browser.reply().body == "HELLO WORLD");
        REQUIRE(browser.reply().body == "Hello, you!\n");
        const auto answer = browser.reply();
        REQUIRE(answer.status == 200);
        REQUIRE(answer.body.empty());
    });
}

TEST_CASE("Fifty requests sent at once are answered in order", "[http]") {
    t::explore(20, [](std::uint64_t seed) {
        http_site site(seed);
        std::string all;
        for (int i = 0; i < 50; ++i) {
            const auto name = 'n' + std::to_string(i);
            all += i % 2 == 1 ? make_get("/hello/" + name + '/') : support::make_request("POST", "/shout/", {}, name);
        }
        auto browser = site.world.http();
        browser.send_bytes(all);
        for (int i = 0; i < 50; ++i) {
            const auto number = std::to_string(i);
            REQUIRE(browser.reply().body == (i % 2 == 1 ? "Hello, n" + number + "!\n" : 'N' + number));
        }
    });
}

TEST_CASE("Requests may arrive one byte at a time", "[http]") {
    http_site site;
    auto browser = site.world.http();
    const auto all =
        make_get("/hello/you/") + support::make_request("POST", "/shout/", {}, "hello") + make_get("/hello/me/");
    for (const char byte : all) {
        browser.send_bytes(std::string_view(&byte, 1));
        site.world.settle();
    }
    CHECK(browser.reply().body == "Hello, you!\n");
    CHECK(browser.reply().body == "HELLO");
    CHECK(browser.reply().body == "Hello, me!\n");
}

TEST_CASE("A large page is complete although the connection ends with it", "[http]") {
    t::explore(10, [](std::uint64_t seed) {
        http_site site(seed);
        auto browser = site.world.http();
        browser.send_bytes(make_get("/static/large.bin", {"Connection: close"})).pause_reading();
        REQUIRE(browser.is_waiting());  // the server queues what exceeds the client's buffers
        browser.resume_reading();
        REQUIRE((browser.reply().body == support::large_bytes()));
        REQUIRE_FALSE(browser.is_connected());
    });
}

TEST_CASE("A request with Expect: 100-continue gets an interim response", "[http]") {
    http_site site;
    support::raw_client client(site.server);
    for (const auto& [length, body] : {std::pair{"Content-Length: 5", "hello"},
                                       std::pair{"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"}}) {
        CAPTURE(length);
        client.received.clear();
        client.send(support::make_request("POST", "/shout/", {length, "Expect: 100-continue"}));
        site.world.settle();
        CHECK(client.received == "HTTP/1.1 100 Continue\r\n\r\n");  // RFC 9110, section 10.1.1
        client.received.clear();
        client.send(body);
        site.world.settle();
        CHECK(client.received.substr(0, 15) == "HTTP/1.1 200 OK");
        CHECK(client.received.substr(client.received.size() - 9) == "\r\n\r\nHELLO");
    }
}
