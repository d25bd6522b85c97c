// Malformed, too large and ambiguous requests: each is refused, and ends its connection.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/http_site.hpp"

namespace t = roompp::testing;
using namespace std::string_literals;
using support::make_get;
using support::make_request;

namespace {

// The response must have one of the statuses, and end the connection: bytes after a bad request can't be trusted.
void check_refused(const std::string& bytes, std::initializer_list<int> statuses) {
    CAPTURE(bytes.substr(0, 100));
    t::explore({0, 1, 2}, [&](std::uint64_t seed) {
        support::http_site site(seed);
        auto client = site.world.http();
        const auto answer = client.send_bytes(bytes).reply();
        CAPTURE(answer.body);
        REQUIRE(std::find(statuses.begin(), statuses.end(), answer.status) != statuses.end());
        REQUIRE(answer.header("Connection") == "close");
        REQUIRE(answer.header("Content-Type") == "text/plain; charset=utf-8");
        REQUIRE(answer.body.size() > 10);  // describes the error
        REQUIRE(answer.body.back() == '\n');
        REQUIRE_FALSE(client.is_waiting());  // no further bytes
        REQUIRE_FALSE(client.is_connected());
        REQUIRE(site.world.http().get("/hello/you/").body == "Hello, you!\n");
    });
}

std::string post(const std::vector<std::string>& headers) { return make_request("POST", "/shout/", headers); }

}  // namespace

TEST_CASE("A malformed request gets 400", "[http]") {
    for (const auto& bytes : {"\r\n\r\n"s, "hello\r\n\r\n"s, "GET\r\n\r\n"s, "GET /\r\n\r\n"s, "GET / HTTP\r\n\r\n"s,
                              "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"s, "GET / HTTP/1.1\r\nno colon\r\n\r\n"s,
                              "GET / HTTP/1.1\r\nHost: a\r\n: nameless\r\n\r\n"s, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"s,
                              "GET hello HTTP/1.1\r\nHost: a\r\n\r\n"s})
        check_refused(bytes, {400, 505});
}

TEST_CASE("A request of HTTP/1.1 without a host, or with two, gets 400", "[http]") {
    check_refused("GET /hello/you/ HTTP/1.1\r\n\r\n", {400});
    check_refused(make_get("/hello/you/", {"Host: other"}), {400});
}

TEST_CASE("A space before the colon of a header gets 400", "[http]") {
    check_refused("POST /shout/ HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", {400});
}

TEST_CASE("A Content-Length that is not a number gets 400", "[http]") {
    for (const auto& length : {"five"s, "-1"s, "+5"s, "0x5"s, "5, 6"s, "5 5"s, "5;"s, "99999999999999999999999999"s})
        check_refused(post({"Content-Length: " + length}), {400, 413});
}

TEST_CASE("Two different values of Content-Length get 400", "[http]") {
    check_refused(post({"Content-Length: 5", "Content-Length: 6"}) + "hello!", {400});
}

TEST_CASE("A body that is too large gets 413", "[http]") {
    check_refused(post({"Content-Length: 65537"}), {413});
    check_refused(post({"Content-Length: 1000000000000"}), {413});
}

TEST_CASE("A body at the limit is accepted", "[http]") {
    support::http_site site;
    CHECK((site.world.http().post("/shout/", std::string(65'536, 'a')).body == std::string(65'536, 'A')));
}

TEST_CASE("A body that is too large and sent without waiting gets 413", "[http]") {
    check_refused(make_request("POST", "/shout/", {}, std::string(4'194'304, 'x')), {413});
}

TEST_CASE("A head that is too large gets 431", "[http]") {
    check_refused(make_get("/hello/you/", {"X-Long: " + std::string(70'000, 'x')}), {431});
    std::vector<std::string> many;
    for (int i = 0; i < 10'000; ++i) many.push_back("X-" + std::to_string(i) + ": y");
    check_refused(make_get("/hello/you/", many), {431});
    check_refused("GET /" + std::string(70'000, 'x'), {431, 414});
}

TEST_CASE("A transfer coding other than chunked gets 501", "[http]") {
    check_refused(post({"Transfer-Encoding: gzip, chunked"}) + "5\r\nhello\r\n0\r\n\r\n", {501});
}

TEST_CASE("A broken chunk gets 400", "[http]") {
    for (const auto& body : {"x\r\nhello\r\n"s, "5\r\nhello!\r\n"s, "5\nhello\r\n"s, "\r\n"s, "-5\r\nhello\r\n"s,
                             "11111111111111111\r\n"s})
        check_refused(post({"Transfer-Encoding: chunked"}) + body, {400, 413});
}

TEST_CASE("A chunked body that is too large gets 413", "[http]") {
    check_refused(post({"Transfer-Encoding: chunked"}) + "10001\r\n", {413});
    check_refused(post({"Transfer-Encoding: chunked"}) + "ffff\r\n" + std::string(65'535, 'x') + "\r\n2\r\n", {413});
}

TEST_CASE("A chunked body with a length is not taken for two requests", "[http]") {
    const auto smuggled = "0\r\n\r\n" + make_get("/hello/smuggled/");
    check_refused(post({"Transfer-Encoding: chunked", "Content-Length: " + std::to_string(smuggled.size())}) + smuggled,
                  {400, 501});
}

TEST_CASE("Another version of HTTP gets 505", "[http]") {
    check_refused("GET /hello/you/ HTTP/2.0\r\nHost: localhost\r\n\r\n", {505});
    check_refused("GET /hello/you/ HTTP/0.9\r\nHost: localhost\r\n\r\n", {505});
    check_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505, 400});
}

TEST_CASE("A malformed Host gets 400", "[http]") {
    for (const auto& host :
         {"a b"s, "localhost:65536"s, "localhost:x"s, "[::1"s, "[::x]"s, "user@localhost"s, "a/b"s, ""s}) {
        check_refused("GET /hello/you/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n", {400});
        check_refused("GET /hello/you/ HTTP/1.0\r\nHost: " + host + "\r\n\r\n", {400});
    }
}

TEST_CASE("The head is bounded by the limits", "[http]") {
    roompp::limits limits;
    limits.head_bytes = 500;
    limits.header_fields = 5;
    const auto status = [&](const std::string& bytes) {
        support::http_site site(0, limits);
        return site.world.http().send_bytes(bytes).reply().status;
    };
    const std::string plain = make_get("/hello/you/", {"X-Long: "});
    CHECK(status(make_get("/hello/you/", {"X-Long: " + std::string(500 - plain.size(), 'x')})) == 200);
    CHECK(status(make_get("/hello/you/", {"X-Long: " + std::string(501 - plain.size(), 'x')})) == 431);
    CHECK(status("GET /hello/" + std::string(600, 'x') + "/ HTTP/1.1\r\n") == 414);
    CHECK(status(make_get("/hello/you/", {"A: 1", "B: 2", "C: 3", "D: 4"})) == 200);
    CHECK(status(make_get("/hello/you/", {"A: 1", "B: 2", "C: 3", "D: 4", "E: 5"})) == 431);
}

TEST_CASE("A HEAD that is refused gets no body", "[http]") {
    for (const auto& bytes : {"HEAD /hello/you/ HTTP/1.1\r\n\r\n"s, "HEAD /hello/you/ HTTP/2.0\r\nHost: a\r\n\r\n"s,
                              "HEAD hello HTTP/1.1\r\nHost: a\r\n\r\n"s,
                              "HEAD /shout/ HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n"s,
                              "\r\nHEAD /hello/you/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"s}) {
        CAPTURE(bytes);
        support::http_site site;
        support::raw_client client(site.server);
        client.send(bytes);
        site.world.settle();
        CHECK(client.received.substr(0, 9) == "HTTP/1.1 ");
        CHECK(client.received.find("\r\n\r\n") == client.received.size() - 4);
        CHECK(client.received.find("Content-Length: ") != std::string::npos);
        CHECK(client.ended);
    }
}

TEST_CASE("A handshake with a body gets 400", "[http]") {
    check_refused(make_get("/ws/echo/", {"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Content-Length: 5"}) +
                      "hello",
                  {400});
}
