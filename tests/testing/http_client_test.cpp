// Pages, event streams and other protocols through the HTTP client.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

namespace {

void set_up(roompp::server& server) {
    server.get("/hello/{name}/", [](const roompp::request& request) {
        return "Hello, " + std::string(request.parameter("name")) + "!\n";
    });
    server.post("/shout/", [](const roompp::request& request) { return request.body() + "!"; });
    server.get("/large/", [] { return std::string(300'000, 'x'); });
}

}  // namespace

TEST_CASE("Pages are read without a socket", "[testing]") {
    roompp::server server;
    set_up(server);
    t::http_client client(server);
    const auto answer = client.get("/hello/you/");
    CHECK(answer.status == 200);
    CHECK(answer.body == "Hello, you!\n");
    CHECK(answer.header("content-type") == "text/plain; charset=utf-8");
    CHECK(client.post("/shout/", "hello").body == "hello!");
    CHECK(client.post("/shout/", "").body == "!");
    CHECK(client.get("/large/").body.size() == 300'000);
    CHECK(client.get("/nothing/").status == 404);
    CHECK(client.request("HEAD", "/hello/you/").body.empty());
    CHECK(client.get("/hello/you/", {{"Connection", "close"}}).status == 200);
    CHECK_FALSE(client.is_connected());
    CHECK(client.get("/hello/you/").status == 200);
}

TEST_CASE("Requests in one piece are answered in order", "[testing]") {
    roompp::server server;
    set_up(server);
    t::http_client client(server);
    client.send_bytes(
        "GET /hello/a/ HTTP/1.1\r\nHost: x\r\n\r\nGET /large/ HTTP/1.1\r\nHost: x\r\n\r\n"
        "GET /hello/b/ HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.reply().body == "Hello, a!\n");
    CHECK(client.reply().body.size() == 300'000);
    CHECK(client.reply().body == "Hello, b!\n");
    CHECK_THROWS_AS(client.reply(), t::failure);
}

TEST_CASE("Of requests in one piece, each response is read when it comes", "[testing]") {
    std::optional<roompp::responder> held;
    roompp::server server;
    set_up(server);
    server.get("/held/", [&](const roompp::responder& responder) { held = responder; });
    t::http_client client(server);
    client.send_bytes("GET /hello/a/ HTTP/1.1\r\nHost: x\r\n\r\nGET /held/ HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.reply().body == "Hello, a!\n");
    CHECK(client.reply_so_far().status == 0);
    CHECK_THROWS_AS(client.reply(), t::failure);
    held->answer("news");
    CHECK(client.reply().body == "news");
}

TEST_CASE("A missing response is a failure that says so", "[testing]") {
    roompp::server server;
    set_up(server);
    t::http_client client(server);
    client.send_bytes("GET /hello/");
    try {
        (void)client.reply();
        FAIL("there is no answer");
    } catch (const t::failure& e) {
        const std::string story = e.what();
        CHECK(story.find("HTTP client 1 expected the whole answer to its request") != std::string::npos);
        CHECK(story.find("0s -> bytes \"GET /hello/\"") != std::string::npos);
    }
}

TEST_CASE("A stream of events is read as it comes", "[testing]") {
    std::optional<roompp::response_stream> news;
    roompp::server server;
    server.get("/news/", [&](const roompp::responder& responder) {
        news = responder.stream({200, "text/event-stream", ": welcome\n\n"}, roompp::body_framing::connection);
    });
    t::http_client client(server);
    client.start("GET", "/news/");
    CHECK(client.reply_so_far().status == 200);
    CHECK(client.reply_so_far().header("Content-Type") == "text/event-stream");
    CHECK(client.receive_events().empty());
    news->write("data: one\n\ndata: tw");
    CHECK(client.receive_event().data == "one");
    try {
        (void)client.receive_event();
        FAIL("there is no second event yet");
    } catch (const t::failure& e) {
        const std::string story = e.what();
        CHECK(story.find("HTTP client 1 expected an event, but none came") != std::string::npos);
        CHECK(story.find("0s <- event message \"one\"") != std::string::npos);
    }
    news->write("o\n\ndata: three\n\n");
    CHECK(client.receive_events().size() == 2);
    news->end();
    CHECK_FALSE(client.is_connected());
}

TEST_CASE("After a handshake, an HTTP client gets bytes", "[testing]") {
    roompp::server server;
    set_up(server);
    server.websocket("/ws/", roompp::echo());
    t::http_client client(server);
    client.send_bytes(
        "GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    const std::string_view hi("\x81\x82\0\0\0\0hi", 8);
    client.send_bytes(hi);
    CHECK(client.reply().status == 101);
    CHECK(client.more_bytes() == "\x81\x02hi");
    client.send_bytes(hi);
    CHECK(client.more_bytes() == "\x81\x02hi");
    CHECK_THROWS_AS(client.reply(), t::failure);
    client.drop();
    CHECK(client.get("/hello/you/").body == "Hello, you!\n");
}
