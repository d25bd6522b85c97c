// Responses that a handler gives after it has returned.

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/deferred_site.hpp"

namespace t = roompp::testing;
using support::request_bytes;
using support::strings;
using namespace std::chrono_literals;

TEST_CASE("A request is answered when its response is ready", "[deferred]") {
    t::explore(20, [](std::uint64_t seed) {
        support::deferred_site site({}, seed, 1 + seed % 3);
        auto client = site.start_held("a");
        site.world.advance(30s);
        REQUIRE(client.is_waiting());
        if (seed % 2 == 0)
            REQUIRE(site.run_command("answer", "a", "news") == "answered");
        else
            REQUIRE(site.responders.at("a").answer("news"));
        const auto answer = client.reply();
        REQUIRE(answer.status == 200);
        REQUIRE(answer.body == "news");
        REQUIRE(site.run_command("answer", "a", "more") == "too late");
        REQUIRE(client.get("/hello/you/").body == "Hello, you!\n");
        REQUIRE(site.log.empty());
    });
}

TEST_CASE("Other clients are served while a response is deferred", "[deferred]") {
    support::deferred_site site;
    auto client = site.start_held("a");
    CHECK(site.world.http().get("/hello/you/").body == "Hello, you!\n");
    CHECK(client.is_waiting());
}

TEST_CASE("An answer may be given before the handler returns, and the first counts", "[deferred]") {
    roompp::server server;
    server.get("/at-once/", [](const roompp::responder& responder) {
        responder.answer("the first");
        responder.answer("the second");
    });
    server.get(
        "/either/",
        [](const roompp::request& request, const roompp::responder& responder) -> std::optional<roompp::response> {
            if (!request.query("later")) return "now";
            responder.answer("later");
            return std::nullopt;
        });
    server.get("/nothing-at-all/", [] {});
    t::http_client client(server);
    std::string requests;
    for (const char* path : {"/at-once/", "/at-once/", "/either/", "/either/?later=1", "/nothing-at-all/"})
        requests += request_bytes(path);
    client.send_bytes(requests);
    for (const char* body : {"the first", "the first", "now", "later", ""}) CHECK(client.reply().body == body);
}

TEST_CASE("Requests behind a deferred response are answered after it, in order", "[deferred]") {
    support::deferred_site site;
    auto client = site.world.http();
    client.send_bytes(request_bytes("/hello/a/") + request_bytes("/held/b/") + request_bytes("/hello/c/") +
                      request_bytes("/held/d/") + request_bytes("/hello/e/"));
    CHECK(client.reply().body == "Hello, a!\n");
    CHECK(client.reply_so_far().status == 0);
    CHECK(site.responders.count("b") == 1);
    CHECK(site.responders.count("d") == 0);
    site.run_command("answer", "b", "B");
    CHECK(client.reply().body == "B");
    CHECK(client.reply().body == "Hello, c!\n");
    CHECK(client.reply_so_far().status == 0);
    CHECK(site.responders.at("d").answer("D"));
    CHECK(client.reply().body == "D");
    CHECK(client.reply().body == "Hello, e!\n");
}

TEST_CASE("A request that arrives in pieces behind a deferred response is answered after it", "[deferred]") {
    support::deferred_site site;
    auto client = site.start_held("a");
    for (const char byte :
         std::string_view("POST /shout/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")) {
        client.send_bytes(std::string(1, byte));
        site.world.settle();
    }
    site.run_command("answer", "a", "A");
    CHECK(client.reply().body == "A");
    CHECK(client.reply().body == "hello!");
}

TEST_CASE("A WebSocket opens after a deferred response", "[deferred]") {
    support::deferred_site site;
    auto client = site.start_held("a");
    client.send_bytes(
        "GET /ws/echo/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    client.send_bytes(std::string_view("\x81\x82\0\0\0\0hi", 8));
    site.run_command("answer", "a", "A");
    CHECK(client.reply().body == "A");
    CHECK(client.reply().status == 101);
    CHECK(client.more_bytes() == "\x81\x02hi");
}

TEST_CASE("A request with Connection: close is disconnected after its deferred response", "[deferred]") {
    support::deferred_site site;
    auto client = site.start_request("/held/a/", {{"Connection", "close"}});
    client.send_bytes(request_bytes("/hello/you/"));
    site.run_command("answer", "a", "A");
    const auto answer = client.reply();
    CHECK(answer.body == "A");
    CHECK(answer.header("Connection") == "close");
    CHECK_FALSE(client.is_connected());
    CHECK(client.reply_so_far().status == 0);
}

TEST_CASE("A HEAD gets the head of a deferred response", "[deferred]") {
    support::deferred_site site;
    auto client = site.world.http();
    client.start("HEAD", "/held/a/").send_bytes(request_bytes("/hello/you/"));
    site.world.settle();
    site.run_command("answer", "a", "12345");
    CHECK(client.reply().header("Content-Length") == "5");
    CHECK(client.reply().body == "Hello, you!\n");
}

TEST_CASE("A request whose responders are all destroyed gets 500, and the next one is served", "[deferred]") {
    support::deferred_site site;
    auto client = site.start_held("a");
    site.run_command("drop", "a");
    CHECK(client.reply().status == 500);
    CHECK(client.get("/hello/you/").body == "Hello, you!\n");
}

TEST_CASE("A request whose handler throws before it answers gets 500, and its end hook is not called", "[deferred]") {
    strings calls;
    roompp::server server;
    server.on_error([&] { calls.emplace_back("error"); });
    server.get("/throw/", [&](const roompp::responder& responder) {
        responder.on_end([&] { calls.emplace_back("end"); });
        throw std::runtime_error("a page that answers later was told to throw");
    });
    CHECK(t::http_client(server).get("/throw/").status == 500);
    CHECK(calls == strings{"error"});
}

TEST_CASE("The end hook is called when the client of a deferred response disconnects", "[deferred]") {
    support::deferred_site site;
    site.start_held("a").drop();
    site.world.settle();
    CHECK(site.log == strings{"a: client gone"});
    CHECK(site.run_command("answer", "a", "news") == "too late");
    CHECK_FALSE(site.responders.at("a").answer("news"));
}

TEST_CASE("Many deferred responses are all sent, in any order", "[deferred]") {
    support::deferred_site site({}, 0, 3);
    std::vector<t::http_client> clients;
    for (int i = 0; i < 200; ++i) clients.push_back(site.start_held(std::to_string(i)));
    for (int i = 199; i >= 0; --i) CHECK(site.responders.at(std::to_string(i)).answer(std::to_string(i)));
    for (int i = 0; i < 200; ++i) CHECK(clients[static_cast<std::size_t>(i)].reply().body == std::to_string(i));
}

TEST_CASE("A response that is deferred for too long becomes 503, and its end hook is called", "[deferred]") {
    roompp::limits bounds;
    bounds.answer_timeout = 120s;
    support::deferred_site site(bounds);
    auto client = site.start_held("a");
    site.world.advance(119s);
    CHECK(client.is_waiting());
    CHECK(site.log.empty());
    site.world.advance(2s);  // timeouts have a resolution of a second
    const auto answer = client.reply();
    CHECK(answer.status == 503);
    CHECK(answer.header("Connection") == "close");
    CHECK_FALSE(client.is_connected());
    CHECK(site.log == strings{"a: timed out"});
    CHECK(site.run_command("answer", "a", "news") == "too late");
}

TEST_CASE("The end hook may give a final answer at the timeout, or when the server stops", "[deferred]") {
    for (const bool stops : {false, true}) {
        CAPTURE(stops);
        support::deferred_site site;
        auto client = site.start_request("/held/a/?last_word=bye");
        if (stops)
            site.world.stop();
        else
            site.world.advance(121s);
        const auto answer = client.reply();
        CHECK(answer.status == 200);
        CHECK(answer.body == "bye");
        CHECK(answer.header("Connection") == "close");
        CHECK(site.log == strings{stops ? "a: server stops" : "a: timed out"});
    }
}

TEST_CASE("Deferred responses become 503 when the server stops", "[deferred]") {
    support::deferred_site site({}, 0, 3);
    std::vector<t::http_client> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(site.start_held(std::to_string(i)));
    site.world.stop();
    for (auto& client : clients) {
        const auto answer = client.reply();
        CHECK(answer.status == 503);
        CHECK(answer.header("Connection") == "close");
        CHECK_FALSE(client.is_connected());
    }
    CHECK(site.log.size() == 20);
    for (const std::string& line : site.log) CHECK(line.find(": server stops") != std::string::npos);
}
