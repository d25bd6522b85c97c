// Clients that finish sending, and read on: what they have asked for is answered to the end (RFC 9112, section 9.6).

#include <chrono>
#include <cstdint>
#include <string>

#include "support/catch.hpp"
#include "support/http_site.hpp"
#include "support/later_site.hpp"

namespace t = roompp::testing;
using later::request_bytes;
using later::strings;
using namespace std::chrono_literals;

namespace {

std::string body_of(const site::raw_client& client) {
    return client.received.substr(client.received.find("\r\n\r\n") + 4);
}
std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

}  // namespace

TEST_CASE("A large page is whole although the client has finished sending", "[half_close]") {
    t::explore(10, [](std::uint64_t seed) {
        site::scene some(seed);
        site::raw_client client(some.server);
        client.link->pause(true);
        client.send(site::get("/static/large.bin"));
        client.end_sending();
        some.world.settle();
        some.world.advance(20s);  // as long as it takes: longer than limits::close_timeout
        client.link->pause(false);
        some.world.settle();
        REQUIRE((body_of(client) == site::large()));
        REQUIRE(client.ended);
    });
}

TEST_CASE("Requests in a row are all answered although the client has finished sending", "[half_close]") {
    t::explore(10, [](std::uint64_t seed) {
        site::scene some(seed);
        site::raw_client client(some.server);
        std::string all;
        for (int i = 0; i < 5; ++i) all += site::get("/static/large.bin") + site::get("/hello/you/");
        client.send(all + "GET /hello/cut-sho");
        client.end_sending();
        some.world.settle();
        REQUIRE(count(client.received, "HTTP/1.1 200 OK\r\n") == 10);
        REQUIRE(count(client.received, "Hello, you!\n") == 5);
        REQUIRE(client.ended);
    });
}

TEST_CASE("A client that has finished sending gets a later answer, and the handler is told that it may have gone",
          "[half_close]") {
    later::site its;
    site::raw_client client(its.server);
    client.send(request_bytes("/held/a/") + request_bytes("/hello/you/"));
    client.end_sending();
    its.world.settle();
    CHECK(client.received.empty());
    CHECK(its.lines == strings{"a: client gone"});
    CHECK(its.tell("answer", "a", "news") == "answered");
    CHECK(client.received.find("news") != std::string::npos);
    CHECK(client.received.find("Hello, you!\n") != std::string::npos);
    CHECK(client.ended);
    CHECK(its.lines == strings{"a: client gone"});
}

TEST_CASE("A handler may answer when it is told that the client has finished sending", "[half_close]") {
    later::site its;
    site::raw_client client(its.server);
    client.send(request_bytes("/held/a/?last_word=bye"));
    client.end_sending();
    its.world.settle();
    CHECK(client.received.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(body_of(client) == "bye");
    CHECK(client.ended);
}

TEST_CASE("A handler that gives up when the client has finished sending ends the connection", "[half_close]") {
    later::site its;
    site::raw_client client(its.server);
    client.send(request_bytes("/held/a/"));
    client.end_sending();
    its.world.settle();
    CHECK_FALSE(client.ended);
    its.tell("drop", "a");
    CHECK(client.received.empty());
    CHECK(client.ended);
}

TEST_CASE("A held request of a client that has finished sending gets 503 in the end", "[half_close]") {
    later::site its;
    site::raw_client client(its.server);
    client.send(request_bytes("/held/a/"));
    client.end_sending();
    its.world.advance(121s);
    CHECK(client.received.substr(0, 13) == "HTTP/1.1 503 ");
    CHECK(client.ended);
}

TEST_CASE("A stream goes on to its end although the client has finished sending", "[half_close]") {
    later::site its;
    site::raw_client client(its.server);
    client.send(request_bytes("/stream/a/?to_the_end=1"));
    client.end_sending();
    its.world.settle();
    CHECK(its.lines == strings{"a: client gone"});
    CHECK(its.tell("write", "a", "more\n") == "open");
    its.tell("end", "a");
    CHECK(body_of(client) == "begin\nmore\n");
    CHECK(client.ended);
    CHECK(its.lines == strings{"a: client gone"});
}

TEST_CASE("A client that vanishes after it has finished sending is noticed", "[half_close]") {
    later::site its;
    site::raw_client client(its.server);
    client.send(request_bytes("/held/a/"));
    client.end_sending();
    its.world.settle();
    CHECK(its.held.at("a").is_open());
    client.link->vanish();
    its.world.settle();
    CHECK_FALSE(its.held.at("a").is_open());
    CHECK(its.tell("answer", "a", "news") == "too late");
}

TEST_CASE("A client that finishes sending before its request is complete gets nothing", "[half_close]") {
    for (const char* bytes : {"", "\r\n", "GET /hello/you/ HTTP/1.1\r\nHost: a\r\n",
                              "POST /shout/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"}) {
        CAPTURE(bytes);
        site::scene some;
        site::raw_client client(some.server);
        client.send(bytes);
        client.end_sending();
        some.world.settle();
        CHECK(client.received.empty());
        CHECK(client.ended);
    }
}

TEST_CASE("A client that has finished sending and takes nothing is given up", "[half_close]") {
    roompp::limits limits;
    limits.keep_alive = 30s;
    site::scene some(0, limits);
    site::raw_client client(some.server);
    client.link->pause(true);
    client.send(site::get("/static/large.bin"));
    client.end_sending();
    some.world.advance(28s);
    CHECK(client.link->host().connections() == 1);
    some.world.advance(4s);
    CHECK(client.link->host().connections() == 0);
}
