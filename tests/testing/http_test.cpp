#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

namespace {

void set_up(roompp::server& server) {
    server.get("/hello/{name}/",
               [](const roompp::request& asked) { return "Hello, " + std::string(asked.parameter("name")) + "!\n"; });
    server.post("/shout/", [](const roompp::request& asked) { return asked.body() + "!"; });
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

TEST_CASE("An answer that does not come is a failure that says so", "[testing]") {
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

TEST_CASE("Answers are read in whatever parts they come", "[testing]") {
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
                reader.take(bytes);
                CHECK(bytes.empty());
            }
            reader.end();
            REQUIRE(reader.complete());
            CHECK(reader.reply().status == 200);
            CHECK(reader.reply().body == "hello");
        }
    }
}

TEST_CASE("Events are read in whatever parts they come, as a browser reads them", "[testing]") {
    const std::string text =
        ": welcome\n\n"
        "data: one\n\n"
        "id: 7\r\nevent: greeting\r\ndata:two\r\ndata:  three\r\n\r\n"
        "event: nothing\n\n"
        "retry: 5\revent\rdata\rdata: four\r\r"
        "data: not whole\n";
    for (std::size_t part = 1; part <= text.size(); ++part) {
        CAPTURE(part);
        t::event_reader reader;
        std::vector<t::server_event> events;
        for (std::size_t at = 0; at < text.size(); at += part) {
            reader.take(std::string_view(text).substr(at, part));
            while (auto event = reader.next()) events.push_back(std::move(*event));
        }
        REQUIRE(events.size() == 3);
        const char* const wanted[][3] = {
            {"message", "one", ""}, {"greeting", "two\n three", "7"}, {"message", "\nfour", "7"}};
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(events[i].type == wanted[i][0]);
            CHECK(events[i].data == wanted[i][1]);
            CHECK(events[i].id == wanted[i][2]);
        }
    }
}

TEST_CASE("A stream of events is read as it comes", "[testing]") {
    std::optional<roompp::response_stream> news;
    roompp::server server;
    server.get("/news/", [&](const roompp::responder& later) {
        news = later.stream({200, "text/event-stream", ": welcome\n\n"}, roompp::body_framing::connection);
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

TEST_CASE("Of requests in one piece, each answer is read when it comes", "[testing]") {
    std::optional<roompp::responder> held;
    roompp::server server;
    set_up(server);
    server.get("/held/", [&](const roompp::responder& later) { held = later; });
    t::http_client client(server);
    client.send_bytes("GET /hello/a/ HTTP/1.1\r\nHost: x\r\n\r\nGET /held/ HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.reply().body == "Hello, a!\n");
    CHECK(client.reply_so_far().status == 0);
    CHECK_THROWS_AS(client.reply(), t::failure);
    held->answer("news");
    CHECK(client.reply().body == "news");
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
