// Messages, handshake and closing of a client.

#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"
#include "support/failure_story.hpp"

namespace t = roompp::testing;
using strings = std::vector<std::string>;
using support::says;
using support::story_of;

namespace {

roompp::websocket_handler make_closing_handler() {
    roompp::websocket_handler handler;
    handler.on_message([](roompp::connection& conn, std::string_view text) {
        if (text == "close") return conn.close(4001, "bye");
        conn.send(text);
    });
    return handler;
}

}  // namespace

TEST_CASE("Members of a room receive what each sends", "[testing]") {
    const roompp::rooms<> rooms;
    t::world world(rooms);
    auto ann = world.connect("/lobby/");
    auto bob = world.connect("/lobby/");
    auto eve = world.connect("/other/");
    ann.send("hi");
    CHECK(bob.receive() == "hi");
    CHECK(ann.receive() == "hi");
    bob.receive_nothing();
    eve.receive_nothing();
    CHECK(rooms.size() == 2);
}

TEST_CASE("A client can be made of a server alone", "[testing]") {
    roompp::server server;
    server.websocket("/ws/echo/", roompp::echo());
    t::client first(server, "/ws/echo/");
    t::client second(server, "/ws/echo/");
    first.connect().send("one");
    second.connect().send("two");
    CHECK(first.receive() == "one");
    CHECK(second.receive() == "two");
}

TEST_CASE("Text, binary, empty and large messages arrive unchanged", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    const std::string large(300'000, 'x');
    client.send("text").send_binary(std::string("\0\xff", 2)).send("").send(large);
    CHECK(client.receive() == "text");
    CHECK(client.receive_binary() == std::string("\0\xff", 2));
    CHECK(client.receive().empty());
    CHECK(client.receive() == large);
    client.send_frame(t::opcode::text, "in ", false).send_frame(t::opcode::continuation, "parts");
    CHECK(client.receive() == "in parts");
    client.send("a").send("b").send("c");
    CHECK(client.receive_all() == strings{"a", "b", "c"});
    client.send_binary("b");
    const auto next = client.receive_message();
    CHECK(next.kind == roompp::payload_kind::binary);
}

TEST_CASE("A message can be received as JSON", "[testing]") {
    struct number {
        static number parse(const std::string& text) { return {std::stoi(text)}; }
        int value;
    };
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.send("42");
    CHECK(client.receive_json<number>().value == 42);
    client.send("many");
    const auto story = story_of([&] { (void)client.receive_json<number>(); });
    CHECK(says(story, "expected JSON, but \"many\" came"));
}

TEST_CASE("The server sees the handshake that the test describes", "[testing]") {
    std::string seen;
    roompp::websocket_handler handler;
    handler.on_connect([&](const roompp::request& request, roompp::connect_reply& answer) {
        seen = std::string(request.path()) + '|' + request.query("name").value_or("") + '|' + request.header("X-Test") +
               '|' + request.cookie("b").value_or("") + '|' + request.header("Sec-WebSocket-Protocol") + '|' +
               request.peer_address();
        answer.subprotocol("v2");
    });
    t::world world(handler);
    auto client = world.client("/?name=Ann")
                      .header("X-Test", "yes")
                      .cookie("a", "1")
                      .cookie("b", "2")
                      .subprotocol("v1")
                      .subprotocol("v2");
    client.connect();
    CHECK(seen == "/|Ann|yes|2|v1, v2|192.0.2.1");
    CHECK(client.chosen_subprotocol() == "v2");
}

TEST_CASE("A refused client gets the answer", "[testing]") {
    roompp::server server;
    server.websocket("/ws/", roompp::echo()).on_connect([](const roompp::request&, roompp::connect_reply& answer) {
        answer.refuse(401, "Who are you?\n");
    });
    t::world world(server);
    auto client = world.client("/ws/");
    CHECK(client.try_connect().status == 401);
    CHECK(client.handshake().body == "Who are you?\n");
    CHECK(says(story_of([&] { world.connect("/ws/"); }), "refused with 401: \"Who are you?\\n\""));
    CHECK(world.client("/nothing/").try_connect().status == 404);
}

TEST_CASE("Settings of the handshake are refused after connect()", "[testing]") {
    t::world world(roompp::echo());
    auto ann = world.client("/").named("Ann").start_connecting();
    CHECK(says(story_of([&] { ann.header("X", "1"); }), "Ann has connected already: call header() before connect()"));
    CHECK(says(story_of([&] { ann.cookie("a", "1"); }), "call cookie() before connect()"));
    CHECK(says(story_of([&] { ann.subprotocol("v1"); }), "call subprotocol() before connect()"));
    CHECK(says(story_of([&] { ann.buffer_bytes(9); }), "call buffer_bytes() before connect()"));
    ann.named("Bob").answer_pings(false).answer_close(false).send("x").expect("x");
    CHECK(says(story_of([&] { world.client("/").buffer_bytes(0); }), "buffers of 0 bytes"));
}

TEST_CASE("Both ends see the close code and reason", "[testing]") {
    std::vector<std::string> ends;
    auto handler = make_closing_handler();
    handler.on_close(
        [&](const roompp::close_event& event) { ends.push_back(std::to_string(event.code) + ' ' + event.reason); });
    t::world world(handler);

    auto closing = world.connect("/");
    closing.close(4321, "because");
    CHECK(closing.closed().code == 4321);
    CHECK_FALSE(closing.is_open());

    auto evicted = world.connect("/");
    evicted.send("close");
    const auto event = evicted.closed();
    CHECK(event.code == 4001);
    CHECK(event.reason == "bye");

    auto dropped = world.connect("/");
    dropped.drop();
    CHECK(dropped.closed().code == 1006);

    { auto forgotten = world.connect("/"); }
    world.settle();
    CHECK(ends == strings{"4321 because", "4001 ", "1006 ", "1006 "});
}

TEST_CASE("A client that was closed can neither send nor receive", "[testing]") {
    t::world world(make_closing_handler());
    auto client = world.connect("/");
    client.send("close");
    world.settle();
    CHECK(says(story_of([&] { client.send("more"); }), "can't send \"more\": it is not connected"));
    CHECK(says(story_of([&] { (void)client.receive(); }), "the connection has ended with 4001 \"bye\""));
    CHECK(says(story_of([&] { client.connect(); }), "has connected already"));
}

TEST_CASE("receive_nothing() requires a client that could receive", "[testing]") {
    roompp::server server;
    roompp::websocket_handler handler;
    handler.on_message([](roompp::connection& conn) { conn.close(4001, "bye"); });
    server.websocket("/", handler);
    t::world world(server);
    CHECK(says(story_of([&] { world.client("/").receive_nothing(); }), "before it connects: call connect() first"));
    auto refused = world.client("/nothing/");
    (void)refused.try_connect();
    CHECK(says(story_of([&] { refused.receive_nothing(); }), "it was refused with 404"));
    auto client = world.connect("/").receive_nothing();
    client.send("x");
    const auto story = story_of([&] { client.receive_nothing(); });
    CHECK(says(story, "expected to be connected, and to receive nothing"));
    CHECK(says(story, "4001 \"bye\""));
    CHECK(client.closed().code == 4001);
    client.receive_nothing();  // the test has seen the close
    world.connect("/").close().receive_nothing();
    world.connect("/").drop().receive_nothing();
}

TEST_CASE("A room's name is decoded, and an empty message arrives", "[testing]") {
    t::world world(roompp::rooms<>{});
    auto first = world.connect("/abc/");
    auto second = world.connect("/%61b%63/");
    first.send("").send("next");
    second.expect("").expect("next");
}
