// Requests to open a WebSocket, and their responses.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/http/cors.hpp>
#include <roompp/http/parser.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

void set_up(roompp::server& server) {
    server.websocket("/ws/echo/", roompp::echo());
    server.websocket("/ws/room/{room}/", roompp::rooms<>());
    server.get("/hello/", [] { return "hello"; });
}

}  // namespace

TEST_CASE("A handshake may come in any parts, after a request, and with messages", "[handshake]") {
    t::explore(50, [](std::uint64_t seed) {
        roompp::server server;
        set_up(server);
        t::world world(server, seed);
        auto client = world.client("/ws/echo/").buffer_bytes(1 + seed % 7).start_connecting();
        client.send("hello");
        REQUIRE(client.receive() == "hello");

        auto browser = world.http();
        browser.send_bytes(
            "GET /hello/ HTTP/1.1\r\nHost: a\r\n\r\nGET /ws/echo/ HTTP/1.1\r\nHost: a\r\nupgrade: WebSocket\r\n"
            "connection: keep-alive, Upgrade\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "sec-websocket-version: 13\r\n\r\n");
        REQUIRE(browser.reply().body == "hello");
        const auto upgraded = browser.reply();
        REQUIRE(upgraded.status == 101);
        REQUIRE(upgraded.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        REQUIRE(upgraded.header("Sec-WebSocket-Protocol").empty());
    });
}

TEST_CASE("A connection may be refused with a status", "[handshake]") {
    roompp::server server;
    server.websocket("/", roompp::echo()).on_connect([](const roompp::request& request, roompp::connect_reply& reply) {
        if (request.query("token") == "bad") reply.refuse(401, "A good token is needed.\n");
    });
    t::world world(server);
    CHECK(world.client("/?token=bad").try_connect().status == 401);
    world.connect("/?token=good").send("hello").expect("hello");
}

TEST_CASE("A subprotocol is agreed upon if it is offered, and else not sent", "[handshake]") {
    roompp::server server;
    server.websocket("/", roompp::echo()).on_connect([](const roompp::request&, roompp::connect_reply& reply) {
        reply.subprotocol("roompp.test");
    });
    t::world world(server);
    const auto chosen = [](t::client client) { return client.connect().chosen_subprotocol(); };
    CHECK(chosen(world.client("/").subprotocol("other").subprotocol("roompp.test")) == "roompp.test");
    CHECK(chosen(world.client("/")).empty());
    // A browser would fail the connection after it was opened.
    const auto refused = world.client("/").subprotocol("other").subprotocol("more").try_connect();
    CHECK(refused.status == 400);
    CHECK(refused.body ==
          "None of the offered subprotocols is served here: other, more. Offer another one, or none.\n");
    CHECK(chosen(world.client("/")).empty());
}

TEST_CASE("One address may open only so many WebSockets a second", "[handshake]") {
    roompp::server server;
    roompp::limits limits;
    limits.joins_per_second = 1;
    set_up(server.limits(limits));
    t::world world(server);
    auto ann = world.connect("/ws/echo/");
    constexpr int addresses = 254;  // of the harness, one after the other
    for (int i = 1; i < addresses; ++i) REQUIRE(world.client("/ws/echo/").try_connect().status == 101);
    const auto refused = world.client("/ws/echo/").try_connect();  // of Ann's address again
    CHECK(refused.status == 429);
    CHECK(refused.header("Retry-After") == "1");
    ann.send("hello").expect("hello");
    world.advance(std::chrono::seconds(1));
    for (int i = 1; i < addresses; ++i) REQUIRE(world.client("/ws/echo/").try_connect().status == 101);
    CHECK(world.client("/ws/echo/").try_connect().status == 101);
}

TEST_CASE("An unknown path gets 404", "[handshake]") {
    roompp::server server;
    set_up(server);
    t::world world(server);
    for (const char* path : {"/ws/", "/ws/nothing/", "/ws/echo", "/hello/", "/ws/room//", "/ws/room/a/b/"}) {
        CAPTURE(path);
        CHECK(world.client(path).try_connect().status == 404);
    }
}

TEST_CASE("A bad room name gets 400, and its text does not come back", "[handshake]") {
    roompp::server server;
    set_up(server);
    t::world world(server);
    const std::vector<std::string> names{"%20a",
                                         "%ff",
                                         "%2e%2e",
                                         "..",
                                         "%zz",
                                         "%4",
                                         "%",
                                         "a%2Fb",
                                         "a%00b",
                                         "%C2%85",
                                         "%E2%80%AE%3C",
                                         "%E2%80%8B",
                                         std::string(101, 'x')};
    for (const std::string& name : names) {
        CAPTURE(name);
        auto client = world.client("/ws/room/" + name + "/");
        CHECK(client.try_connect().status == 400);
        CHECK(client.handshake().body.find('<') == std::string::npos);
    }
    for (const std::string& name : {std::string(100, 'x'), std::string("a%20b"), std::string("%E6%88%BF%E9%97%B4")})
        CHECK(world.client("/ws/room/" + name + "/").try_connect().status == 101);
}

TEST_CASE("Another version of the protocol gets 426 and is told the right one", "[handshake]") {
    roompp::server server;
    set_up(server);
    t::world world(server);
    for (const char* version : {"8", "12", "14", "13, 8", "thirteen"}) {
        CAPTURE(version);
        auto client = world.client("/ws/echo/").header("Sec-WebSocket-Version", version);
        CHECK(client.try_connect().status == 426);
        CHECK(client.handshake().header("Sec-WebSocket-Version") == "13");
    }
}

TEST_CASE("A bad key gets 400", "[handshake]") {
    roompp::server server;
    set_up(server);
    t::world world(server);
    for (const char* key : {"short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "!!!!!!!!!!!!!!!!!!!!!!==",
                            "AAAAAAAAAAAAAAAAAAAAAAAA"}) {
        CAPTURE(key);
        CHECK(world.client("/ws/echo/").header("Sec-WebSocket-Key", key).try_connect().status == 400);
    }
}

TEST_CASE("A WebSocket opens with a GET alone", "[handshake]") {
    roompp::server server;
    set_up(server);
    t::world world(server);
    for (const char* method : {"POST", "HEAD", "PUT"}) {
        CAPTURE(method);
        auto client = world.http();
        const auto response = client.request(method, "/ws/echo/", {},
                                             {{"Upgrade", "websocket"},
                                              {"Connection", "Upgrade"},
                                              {"Sec-WebSocket-Version", "13"},
                                              {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
        CHECK((response.status == 400 || response.status == 405));
    }
}

TEST_CASE("A page that did not come encrypted may not open an encrypted WebSocket", "[handshake]") {
    const auto allows = [](const char* origin, bool secure, const std::vector<std::string>& others = {}) {
        const std::string text = "GET / HTTP/1.1\r\nHost: chat.example\r\nOrigin: " + std::string(origin) + "\r\n\r\n";
        roompp::detail::request_parser parser;
        parser.consume(text);
        const std::string no_body;
        return roompp::detail::allows_origin(roompp::request(parser.head(), no_body, "127.0.0.1", secure), others);
    };
    CHECK(allows("https://chat.example", true));
    CHECK(allows("HTTPS://chat.example", true));
    CHECK_FALSE(allows("http://chat.example", true));
    CHECK_FALSE(allows("://chat.example", true));
    CHECK(allows("http://chat.example", true, {"http://chat.example"}));
    // Behind a proxy that ends TLS, the server can't tell.
    CHECK(allows("https://chat.example", false));
    CHECK(allows("http://chat.example", false));
}

TEST_CASE("An origin is compared by its parts, with the port that its scheme has", "[handshake]") {
    const auto allows = [](const std::string& host, const std::string& origin,
                           const std::vector<std::string>& others = {}) {
        const std::string text = "GET / HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + origin + "\r\n\r\n";
        roompp::detail::request_parser parser;
        parser.consume(text);
        const std::string no_body;
        return roompp::detail::allows_origin(roompp::request(parser.head(), no_body, "127.0.0.1", false), others);
    };
    CHECK(allows("example.org:443", "https://example.org"));
    CHECK(allows("example.org", "https://example.org:443"));
    CHECK(allows("example.org:80", "http://example.org"));
    CHECK(allows("example.org", "http://example.org:80"));
    CHECK(allows("[::1]:80", "http://[::1]"));
    CHECK_FALSE(allows("example.org:80", "https://example.org"));
    CHECK_FALSE(allows("example.org:443", "http://example.org"));
    CHECK_FALSE(allows("example.org:8443", "https://example.org"));
    CHECK_FALSE(allows("example.org", "http://example.org:8080"));
    CHECK_FALSE(allows("example.org", "ftp://example.org:80"));
    CHECK_FALSE(allows("[::80]", "http://[::80]:8080"));
    CHECK(allows("chat.example", "https://friend.example", {"https://FRIEND.example:443"}));
    CHECK_FALSE(allows("chat.example", "https://friend.example", {"http://friend.example"}));
    CHECK_FALSE(allows("chat.example", "null", {"https://friend.example"}));
    CHECK(allows("chat.example", "null", {"null"}));
}

TEST_CASE("Only the server's own pages may connect, and programs", "[handshake]") {
    roompp::server server;
    set_up(server);
    server.websocket("/ws/open/", roompp::echo()).origins({"https://friend.example"});
    server.websocket("/ws/any/", roompp::echo()).origins({"*"});
    t::world world(server);
    const auto status = [&](const char* path, const char* origin) {
        return world.client(path).header("Origin", origin).try_connect().status;
    };
    for (const char* origin : {"http://evil.example", "http://localhost.evil.example", "http://evil.example/localhost",
                               "null", "localhost", "http://localhost:1"}) {
        CAPTURE(origin);
        CHECK(status("/ws/echo/", origin) == 403);
        CHECK(status("/ws/open/", origin) == 403);
        CHECK(status("/ws/any/", origin) == 101);
    }
    for (const char* origin : {"http://localhost", "https://localhost", "http://LOCALHOST"}) {
        CAPTURE(origin);
        CHECK(status("/ws/echo/", origin) == 101);
    }
    CHECK(status("/ws/open/", "https://friend.example") == 101);
    CHECK(status("/ws/open/", "https://friend.example:443") == 101);
    CHECK(status("/ws/open/", "https://friend.example:80") == 403);
    CHECK(world.client("/ws/echo/").try_connect().status == 101);
    CHECK(world.client("/ws/echo/")
              .header("Host", "example.org:8000")
              .header("Origin", "http://example.org:8000")
              .try_connect()
              .status == 101);
}
