// Half-closed connections: a client that has finished sending still gets all of its responses (RFC 9112, section 9.6).

#include <chrono>
#include <cstdint>
#include <string>

#include "support/catch.hpp"
#include "support/deferred_site.hpp"
#include "support/http_site.hpp"

namespace t = roompp::testing;
using support::request_bytes;
using support::strings;
using namespace std::chrono_literals;

namespace {

std::string body_of(const support::raw_client& client) {
    return client.received.substr(client.received.find("\r\n\r\n") + 4);
}
std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

}  // namespace

TEST_CASE("A large page is complete although the client has finished sending", "[half_close]") {
    t::explore(10, [](std::uint64_t seed) {
        support::http_site site(seed);
        support::raw_client client(site.server);
        client.link->pause(true);
        client.send(support::make_get("/static/large.bin"));
        client.end_sending();
        site.world.settle();
        site.world.advance(20s);  // longer than limits::close_timeout
        client.link->pause(false);
        site.world.settle();
        REQUIRE((body_of(client) == support::large_bytes()));
        REQUIRE(client.ended);
    });
}

TEST_CASE("Pipelined requests are all answered although the client has finished sending", "[half_close]") {
    t::explore(10, [](std::uint64_t seed) {
        support::http_site site(seed);
        support::raw_client client(site.server);
        std::string all;
        for (int i = 0; i < 5; ++i) all += support::make_get("/static/large.bin") + support::make_get("/hello/you/");
        client.send(all + "GET /hello/cut-sho");
        client.end_sending();
        site.world.settle();
        REQUIRE(count(client.received, "HTTP/1.1 200 OK\r\n") == 10);
        REQUIRE(count(client.received, "Hello, you!\n") == 5);
        REQUIRE(client.ended);
    });
}

TEST_CASE("A client that has finished sending gets its deferred response, and the end hook is called before",
          "[half_close]") {
    support::deferred_site site;
    support::raw_client client(site.server);
    client.send(request_bytes("/held/a/") + request_bytes("/hello/you/"));
    client.end_sending();
    site.world.settle();
    CHECK(client.received.empty());
    CHECK(site.log == strings{"a: client gone"});
    CHECK(site.run_command("answer", "a", "news") == "answered");
    CHECK(client.received.find("news") != std::string::npos);
    CHECK(client.received.find("Hello, you!\n") != std::string::npos);
    CHECK(client.ended);
    CHECK(site.log == strings{"a: client gone"});
}

TEST_CASE("The end hook may answer when the client has finished sending", "[half_close]") {
    support::deferred_site site;
    support::raw_client client(site.server);
    client.send(request_bytes("/held/a/?last_word=bye"));
    client.end_sending();
    site.world.settle();
    CHECK(client.received.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(body_of(client) == "bye");
    CHECK(client.ended);
}

TEST_CASE("The connection ends when the responder of a client that has finished sending is destroyed", "[half_close]") {
    support::deferred_site site;
    support::raw_client client(site.server);
    client.send(request_bytes("/held/a/"));
    client.end_sending();
    site.world.settle();
    CHECK_FALSE(client.ended);
    site.run_command("drop", "a");
    CHECK(client.received.empty());
    CHECK(client.ended);
}

TEST_CASE("A deferred response to a client that has finished sending becomes 503 at the timeout", "[half_close]") {
    support::deferred_site site;
    support::raw_client client(site.server);
    client.send(request_bytes("/held/a/"));
    client.end_sending();
    site.world.advance(121s);
    CHECK(client.received.substr(0, 13) == "HTTP/1.1 503 ");
    CHECK(client.ended);
}

TEST_CASE("A stream continues to its end although the client has finished sending", "[half_close]") {
    support::deferred_site site;
    support::raw_client client(site.server);
    client.send(request_bytes("/stream/a/?to_the_end=1"));
    client.end_sending();
    site.world.settle();
    CHECK(site.log == strings{"a: client gone"});
    CHECK(site.run_command("write", "a", "more\n") == "open");
    site.run_command("end", "a");
    CHECK(body_of(client) == "begin\nmore\n");
    CHECK(client.ended);
    CHECK(site.log == strings{"a: client gone"});
}

TEST_CASE("A reset after the client has finished sending closes its pending response", "[half_close]") {
    support::deferred_site site;
    support::raw_client client(site.server);
    client.send(request_bytes("/held/a/"));
    client.end_sending();
    site.world.settle();
    CHECK(site.responders.at("a").is_open());
    client.link->vanish();
    site.world.settle();
    CHECK_FALSE(site.responders.at("a").is_open());
    CHECK(site.run_command("answer", "a", "news") == "too late");
}

TEST_CASE("A client that finishes sending before its request is complete gets nothing", "[half_close]") {
    for (const char* bytes : {"", "\r\n", "GET /hello/you/ HTTP/1.1\r\nHost: a\r\n",
                              "POST /shout/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"}) {
        CAPTURE(bytes);
        support::http_site site;
        support::raw_client client(site.server);
        client.send(bytes);
        client.end_sending();
        site.world.settle();
        CHECK(client.received.empty());
        CHECK(client.ended);
    }
}

TEST_CASE("A client that has finished sending and reads nothing for keep_alive is disconnected", "[half_close]") {
    roompp::limits limits;
    limits.keep_alive = 30s;
    support::http_site site(0, limits);
    support::raw_client client(site.server);
    client.link->pause(true);
    client.send(support::make_get("/static/large.bin"));
    client.end_sending();
    site.world.advance(28s);
    CHECK(client.link->host().connections() == 1);
    site.world.advance(4s);
    CHECK(client.link->host().connections() == 0);
}
