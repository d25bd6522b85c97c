// Responses whose bodies are written in pieces.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/deferred_site.hpp"

namespace t = roompp::testing;
using support::request_bytes;
using support::strings;
using namespace std::chrono_literals;

namespace {

// Writes pieces of 100,000 bytes, "0000...", "1111..." and so on, as fast as the client reads them.
void write_numbers(const roompp::response_stream& body, int next, int end) {
    for (; next < end && body.queued() == 0; ++next)
        body.write(std::string(100'000, static_cast<char>('0' + next % 10)));
    if (next == end && body.queued() == 0) return body.end();
    body.on_drained([next, end, body] { write_numbers(body, next, end); });  // the hook owns the body
}

}  // namespace

TEST_CASE("Pieces arrive as they are written, and the connection stays usable", "[streamed]") {
    t::explore(20, [](std::uint64_t seed) {
        support::deferred_site site({}, seed, 1 + seed % 3);
        auto client = site.start_stream("a");
        REQUIRE(client.reply_so_far().header("Transfer-Encoding") == "chunked");
        REQUIRE(client.reply_so_far().header("Content-Length").empty());
        REQUIRE(client.more_body() == "begin\n");
        for (const std::string& piece : {std::string("one"), std::string(6000, '2')}) {
            REQUIRE(site.run_command("write", "a", piece) == "open");
            REQUIRE(client.more_body() == piece);
        }
        site.streams.at("a").write("three");
        REQUIRE(client.more_body() == "three");
        client.send_bytes(request_bytes("/hello/you/"));
        site.run_command("end", "a");
        REQUIRE(client.reply().body == "begin\none" + std::string(6000, '2') + "three");
        REQUIRE(client.reply().body == "Hello, you!\n");
        REQUIRE(site.run_command("write", "a", "too late") == "over");
        REQUIRE(site.log.empty());
    });
}

TEST_CASE("An empty piece does not end the body", "[streamed]") {
    support::deferred_site site;
    auto client = site.start_stream("a");
    site.run_command("write", "a", "");
    CHECK(client.is_waiting());
    site.run_command("write", "a", "on");
    site.run_command("end", "a");
    CHECK(client.reply().body == "begin\non");
}

TEST_CASE("A body may end with the connection", "[streamed]") {
    for (const auto& [path, version] :
         {std::pair{"/stream/a/?to_the_end=1", "HTTP/1.1"}, std::pair{"/stream/a/", "HTTP/1.0"},
          std::pair{"/stream/a/?to_the_end=1", "HTTP/1.0"}}) {
        CAPTURE(path, version);
        support::deferred_site site;
        auto client = site.world.http();
        client.send_bytes(request_bytes(path, version));
        CHECK(client.reply_so_far().header("Connection") == "close");
        CHECK(client.reply_so_far().header("Transfer-Encoding").empty());
        client.send_bytes(request_bytes("/hello/you/"));  // gets no response
        site.run_command("write", "a", "more");
        CHECK(client.more_body() == "begin\nmore");
        site.run_command("end", "a");
        CHECK(client.reply().body == "begin\nmore");
        CHECK_FALSE(client.is_connected());
    }
}

TEST_CASE("A HEAD gets only the head of a stream, whose end hook is called", "[streamed]") {
    support::deferred_site site;
    auto client = site.world.http();
    client.start("HEAD", "/stream/a/").send_bytes(request_bytes("/hello/you/"));
    CHECK(client.reply().header("Transfer-Encoding") == "chunked");
    CHECK(client.reply().body == "Hello, you!\n");
    CHECK(site.log == strings{"a: client gone"});
    CHECK(site.run_command("write", "a", "more") == "over");
}

TEST_CASE("A streamed response with status 204 has no content", "[streamed]") {
    support::deferred_site site;
    auto client = site.world.http();
    client.start("GET", "/stream/a/?status=204").send_bytes(request_bytes("/hello/you/"));
    const auto answer = client.reply();
    CHECK(answer.status == 204);
    CHECK(answer.header("Transfer-Encoding").empty());
    CHECK(client.reply().body == "Hello, you!\n");
}

TEST_CASE("A body whose streams are all destroyed is cut off, and the connection ends", "[streamed]") {
    support::deferred_site site;
    auto client = site.start_stream("a");
    CHECK(client.more_body() == "begin\n");
    site.run_command("cut", "a");
    CHECK_FALSE(client.is_connected());
    CHECK(client.is_waiting());  // for the end of the body, which never comes
}

TEST_CASE("The end hook is called when the client of a stream disconnects", "[streamed]") {
    for (const char* path : {"/stream/a/", "/stream/a/?to_the_end=1"}) {
        CAPTURE(path);
        support::deferred_site site;
        site.start_request(path).drop();
        site.world.settle();
        CHECK(site.log == strings{"a: client gone"});
        CHECK(site.run_command("write", "a", "more") == "over");
    }
}

TEST_CASE("When the server stops, the end hook may write a last piece, and the body ends", "[streamed]") {
    support::deferred_site site;
    auto chunked = site.start_request("/stream/a/?last_word=bye");
    auto to_the_end = site.start_request("/stream/b/?to_the_end=1&last_word=bye");
    site.world.stop();
    for (auto* client : {&chunked, &to_the_end}) {
        CHECK(client->reply().body == "begin\nbye");
        CHECK_FALSE(client->is_connected());
    }
    CHECK(site.log == strings{"a: server stops", "b: server stops"});
}

TEST_CASE("A long body is sent at the speed of its client", "[streamed]") {
    roompp::server server;
    std::optional<roompp::response_stream> body;
    server.get("/numbers/", [&](const roompp::responder& responder) {
        body = responder.stream({200, "text/plain", ""});
        write_numbers(*body, 0, 300);
    });
    server.get("/hello/", [] { return "hello"; });
    t::world world(server);
    auto client = world.http();
    client.start("GET", "/numbers/").pause_reading().send_bytes(request_bytes("/hello/"));
    world.settle();
    CHECK(body->queued() > 0);
    CHECK(body->queued() <= 100'020);  // one piece, as a chunk
    CHECK(world.http().get("/hello/").body == "hello");
    client.resume_reading();
    const std::string numbers = client.reply().body;
    CHECK(numbers.size() == 300 * 100'000);
    for (std::size_t i = 0; i < 300; ++i)
        REQUIRE(numbers.compare(i * 100'000, 100'000, std::string(100'000, static_cast<char>('0' + i % 10))) == 0);
    CHECK(client.reply().body == "hello");
}

TEST_CASE("A client that does not read its stream is disconnected when its queue is full", "[streamed]") {
    roompp::limits bounds;
    bounds.queue_bytes = 256 * 1024;
    support::deferred_site site(bounds);
    auto client = site.start_stream("a");
    client.pause_reading();
    const std::string piece(60'000, 'x');
    int accepted = 0;
    while (site.run_command("write", "a", piece) == "open") REQUIRE(++accepted < 10);
    CHECK(accepted >= 4);
    CHECK(site.log == strings{"a: too slow"});
    CHECK(site.world.http().get("/hello/you/").body == "Hello, you!\n");
}

TEST_CASE("A client that reads nothing of its stream for keep_alive is disconnected", "[streamed]") {
    roompp::limits bounds;
    bounds.keep_alive = 30s;
    support::deferred_site site(bounds);
    auto stalled = site.start_stream("a");
    CHECK(stalled.more_body() == "begin\n");
    stalled.pause_reading();
    for (int i = 0; i < 20; ++i) CHECK(site.run_command("write", "a", std::string(60'000, 'x')) == "open");
    site.world.advance(28s);
    CHECK(site.log.empty());
    site.world.advance(3s);  // timeouts have a resolution of a second
    CHECK(site.log == strings{"a: too slow"});
    CHECK(site.run_command("write", "a", "more") == "over");
}

TEST_CASE("An idle stream stays open, and a connection without requests does not", "[streamed]") {
    roompp::limits bounds;
    bounds.keep_alive = 30s;
    support::deferred_site site(bounds);
    auto client = site.start_stream("a");
    auto idle = site.world.http();
    CHECK(idle.get("/hello/you/").status == 200);
    site.world.advance(28s);
    CHECK(idle.is_connected());
    site.world.advance(3s);
    CHECK_FALSE(idle.is_connected());
    site.world.advance(1h);
    site.run_command("write", "a", "still there");
    CHECK(client.more_body() == "begin\nstill there");
}
