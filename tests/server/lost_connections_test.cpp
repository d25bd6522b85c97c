// Connections that are lost at any time: they are closed once, and leave nothing behind.

#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
namespace opcode = t::opcode;
using namespace std::string_view_literals;

namespace {

// A handshake, messages whole and in fragments, a ping, and a close.
std::string conversation(const std::string& path) {
    return "GET " + path +
           " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
           t::encode_client_frame(opcode::text, "hello", 1) + t::encode_client_frame(opcode::ping, "?", 2) +
           t::encode_client_frame(opcode::text, "hel", 3, false) + t::encode_client_frame(opcode::pong, "!", 4) +
           t::encode_client_frame(opcode::continuation, "lo", 5) +
           t::encode_client_frame(opcode::binary, std::string(200, 'x'), 6) +
           t::encode_client_frame(opcode::close, "\x03\xe8"sv, 7);
}

// With place for two connections only, so that one that stays is noticed by the next.
roompp::limits place_for_two() {
    roompp::limits limits;
    limits.connections = 2;
    return limits;
}

// Calls `check` after a client was lost behind each of the bytes.
template <class Check>
void lose_at_each_byte(t::world& world, const std::string& bytes, Check&& check) {
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        CAPTURE(size);
        auto client = world.http();
        client.send_bytes(bytes.substr(0, size));
        world.settle();
        client.drop();
        world.settle();
        check();
    }
}

}  // namespace

TEST_CASE("A WebSocket may be lost at every byte of its conversation", "[lost]") {
    int opened = 0;
    int closed = 0;
    roompp::websocket_handler handler;
    handler.on_open([&] { ++opened; });
    handler.on_message([](roompp::connection& conn, roompp::payload message) { conn.send(message); });
    handler.on_close([&] { ++closed; });
    roompp::server server;
    server.limits(place_for_two()).websocket("/", handler);
    t::world world(server);
    auto bystander = world.connect("/");
    lose_at_each_byte(world, conversation("/"), [&] {
        REQUIRE(closed == opened - 1);
        bystander.send("still here").expect("still here");
    });
    CHECK(opened > 200);
    world.connect("/").send("there is place").expect("there is place");
}

TEST_CASE("A member may be lost at every byte, and leaves its room once", "[lost]") {
    int joins = 0;
    int leaves = 0;
    roompp::rooms<> rooms;
    rooms.on_join([&] { ++joins; });
    rooms.on_leave([&] { ++leaves; });
    roompp::server server;
    server.threads(2).limits(place_for_two()).websocket("/{room}/", rooms);
    t::world world(server, 1);
    lose_at_each_byte(world, conversation("/a/"), [&] {
        REQUIRE(leaves == joins);
        REQUIRE(rooms.size() == 0);
    });
    CHECK(joins > 200);
}

TEST_CASE("A client may be lost at every byte of a request, whose body may come in chunks", "[lost]") {
    int requests = 0;
    roompp::server server;
    server.limits(place_for_two());
    server.post("/", [&](const roompp::request& request) {
        ++requests;
        return request.body();
    });
    t::world world(server);
    const std::string bytes =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: x\r\n\r\n";
    lose_at_each_byte(world, bytes, [&] { REQUIRE(world.http().post("/", "still here").body == "still here"); });
    CHECK(requests > 200);
}
