#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

// What a failing action says.
template <class Action>
std::string story_of(Action&& action) {
    try {
        action();
    } catch (const t::failure& e) {
        return e.what();
    }
    return "(nothing failed)";
}

bool says(const std::string& story, std::string_view part) { return story.find(part) != std::string::npos; }

roompp::websocket_handler closes_on_request() {
    roompp::websocket_handler handler;
    handler.on_message([](roompp::connection& from, std::string_view text) {
        if (text == "close") return from.close(4001, "bye");
        from.send(text);
    });
    return handler;
}

}  // namespace

TEST_CASE("Members of a room hear each other within the program", "[testing]") {
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

TEST_CASE("A client needs no more than a server", "[testing]") {
    roompp::server server;
    server.websocket("/ws/echo/", roompp::echo());
    t::client one(server, "/ws/echo/");
    t::client two(server, "/ws/echo/");
    one.connect().send("one");
    two.connect().send("two");
    CHECK(one.receive() == "one");
    CHECK(two.receive() == "two");
}

TEST_CASE("Text, binary, empty and large messages come as they were sent", "[testing]") {
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

TEST_CASE("A message can be parsed on the way", "[testing]") {
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

TEST_CASE("What the server sees of a client is what the test said", "[testing]") {
    std::string seen;
    roompp::websocket_handler handler;
    handler.on_connect([&](const roompp::request& asked, roompp::connect_reply& answer) {
        seen = std::string(asked.path()) + '|' + asked.query("name").value_or("") + '|' + asked.header("X-Test") + '|' +
               asked.cookie("b").value_or("") + '|' + asked.header("Sec-WebSocket-Protocol") + '|' +
               asked.peer_address();
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

TEST_CASE("Both ends see how the connection was closed", "[testing]") {
    std::vector<std::string> ends;
    auto handler = closes_on_request();
    handler.on_close(
        [&](const roompp::close_event& how) { ends.push_back(std::to_string(how.code) + ' ' + how.reason); });
    t::world world(handler);

    auto closing = world.connect("/");
    closing.close(4321, "because");
    CHECK(closing.closed().code == 4321);
    CHECK_FALSE(closing.is_open());

    auto told = world.connect("/");
    told.send("close");
    const auto how = told.closed();
    CHECK(how.code == 4001);
    CHECK(how.reason == "bye");

    auto dropped = world.connect("/");
    dropped.drop();
    CHECK(dropped.closed().code == 1006);

    { auto forgotten = world.connect("/"); }
    world.settle();
    CHECK(ends == strings{"4321 because", "4001 ", "1006 ", "1006 "});
}

TEST_CASE("A client that was closed gets no further", "[testing]") {
    t::world world(closes_on_request());
    auto client = world.connect("/");
    client.send("close");
    world.settle();
    CHECK(says(story_of([&] { client.send("more"); }), "can't send \"more\": it is not connected"));
    CHECK(says(story_of([&] { (void)client.receive(); }), "the connection has ended with 4001 \"bye\""));
    CHECK(says(story_of([&] { client.connect(); }), "has connected already"));
}

TEST_CASE("A failure tells what was expected, what came, and what was said", "[testing]") {
    t::world world(roompp::echo());
    auto ann = world.client("/").named("Ann").connect();
    world.advance(12s);
    ann.send("hello");
    const auto story = story_of([&] { ann.expect("goodbye"); });
    CHECK(says(story, "Ann expected \"goodbye\", but \"hello\" came"));
    CHECK(says(story, "12s after the start, seed 0"));
    CHECK(says(story, "0s -> GET /"));
    CHECK(says(story, "0s <- HTTP 101"));
    CHECK(says(story, "12s -> text \"hello\""));
    CHECK(says(story, "12s <- text \"hello\""));

    ann.expect("hello");  // a message that was not expected is still there
    CHECK(says(story_of([&] { (void)ann.receive(); }), "Ann expected a text message, but nothing came"));
    CHECK(says(story_of([&] { (void)ann.closed(); }), "Ann expected the connection to be closed"));
    ann.send("news");
    CHECK(says(story_of([&] { ann.receive_nothing(); }), "Ann expected nothing, but \"news\" came"));
    ann.send_binary("b");
    ann.expect("news");
    CHECK(says(story_of([&] { (void)ann.receive(); }), "expected a text message, but one of the other kind came"));
    CHECK(says(story_of([&] { world.client("/").send("early"); }), "call connect() first"));
}

TEST_CASE("What belongs before connect() is refused after it", "[testing]") {
    t::world world(roompp::echo());
    auto ann = world.client("/").named("Ann").start_connecting();
    CHECK(says(story_of([&] { ann.header("X", "1"); }), "Ann has connected already: call header() before connect()"));
    CHECK(says(story_of([&] { ann.cookie("a", "1"); }), "call cookie() before connect()"));
    CHECK(says(story_of([&] { ann.subprotocol("v1"); }), "call subprotocol() before connect()"));
    CHECK(says(story_of([&] { ann.buffer_bytes(9); }), "call buffer_bytes() before connect()"));
    ann.named("Bob").answer_pings(false).answer_close(false).send("x").expect("x");
    CHECK(says(story_of([&] { world.client("/").buffer_bytes(0); }), "buffers of 0 bytes"));
}

TEST_CASE("A failure shows where long texts differ", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    const std::string same(1000, 'x');
    client.send(same + "hay and much more");
    auto story = story_of([&] { client.expect(same + "stack"); });
    CHECK(says(story,
               "(1017 bytes) came; they differ from byte 1000 on, where ...\"xxxxxxxxxxxxxxxxxxxxstack\" was "
               "expected, and ...\"xxxxxxxxxxxxxxxxxxxxhay and much more\" came"));
    story = story_of([&] { client.expect(same); });  // it is still there
    CHECK(says(story, "they differ from byte 1000 on, where ...\"xxxxxxxxxxxxxxxxxxxx\" was"));
    CHECK_FALSE(says(story_of([&] { client.expect("short"); }), "differ"));
    client.expect(same + "hay and much more").receive_nothing();
}

TEST_CASE("What is no UTF-8 is shown as bytes, and characters are not cut in two", "[testing]") {
    CHECK(t::readable("caf\u00e9 \u20ac \U0001f600") == "\"caf\u00e9 \u20ac \U0001f600\"");
    CHECK(t::readable("\xff\xc3(\xe2\x82\x00\x80\xed\xa0\x80") == "\"\\xff\\xc3(\\xe2\\x82\"");
    CHECK(t::readable(std::string("\xed\xa0\x80\0", 4)) == R"("\xed\xa0\x80\x00")");
    CHECK(t::readable("a\nb\"c\\\x7f\xc3") == R"("a\nb\"c\\\x7f\xc3")");
    for (std::size_t before = 195; before < 202; ++before) {
        const auto text = t::readable(std::string(before, 'x') + "\u20ac\u20ac\u20ac\u20ac");
        CHECK(text.find("\\x") == std::string::npos);
        CHECK(says(text, " bytes)"));
    }
    CHECK(t::readable(std::string(300, '\x80')).size() > 800);
}

TEST_CASE("A failure shows the last frames and counts those before", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    for (int i = 0; i < 50; ++i) client.send(std::to_string(i)).expect(std::to_string(i));
    client.send(std::string(1000, 'x'));
    const auto story = story_of([&] { client.expect("y"); });
    CHECK(says(story, " before\n"));
    CHECK_FALSE(says(story, "\"3\""));
    CHECK(says(story, "\"49\""));
    CHECK(story.size() < 5000);
}

TEST_CASE("What a hook throws closes its connection, and the server is told", "[testing]") {
    std::vector<std::string> told;
    roompp::websocket_handler handler;
    handler.on_message([](std::string_view) { throw std::runtime_error("a hook was told to throw"); });
    roompp::server server;
    server.on_error([&](const std::exception_ptr& what) {
        try {
            std::rethrow_exception(what);
        } catch (const std::exception& e) {
            told.emplace_back(e.what());
        }
    });
    server.websocket("/", handler);
    t::world world(server);
    auto client = world.connect("/");
    client.send("x");
    CHECK(client.closed().code == 1011);
    CHECK(told == strings{"a hook was told to throw"});
}

TEST_CASE("Leave hooks run when the world ends", "[testing]") {
    int left = 0;
    roompp::rooms<> rooms;
    rooms.on_leave([&] { ++left; });
    {
        t::world world(rooms);
        const auto one = world.connect("/a/");
        const auto two = world.connect("/a/");
        CHECK(left == 0);
    }
    CHECK(left == 2);
    CHECK(rooms.size() == 0);
}

TEST_CASE("A world ends well with clients in every state", "[testing]") {
    roompp::server server;
    server.websocket("/ws/", roompp::echo());
    t::world world(server);
    auto idle = world.client("/ws/");
    auto starting = world.client("/ws/").start_connecting();
    auto busy = world.connect("/ws/");
    busy.pause_reading().send(std::string(1'000'000, 'x'));
    auto closing = world.connect("/ws/").answer_close(false);
    closing.close();
    auto polling = world.http();
    polling.send_bytes("GET / HT");
    world.stop();
    SUCCEED();
}

TEST_CASE("A server is in one world at a time, and can be in another one later", "[testing]") {
    roompp::server server;
    server.websocket("/", roompp::echo());
    {
        const t::world first(server);
        CHECK_THROWS_AS(t::world(server), std::logic_error);
    }
    const t::world second(server);
    CHECK(second.connect("/").send("again").receive() == "again");
}

TEST_CASE("Rooms can be used from the test, which is a thread like any other", "[testing]") {
    roompp::rooms<> rooms;
    t::world world(rooms);
    auto ann = world.connect("/lobby/");
    rooms.broadcast("lobby", "from outside");
    CHECK(ann.receive() == "from outside");
    std::size_t size = 0;
    CHECK(rooms.with("lobby", [&](auto& room) { size = room.size(); }));
    world.settle();
    CHECK(size == 1);
}

TEST_CASE("A room's name is the same however it is encoded, and an empty message is one", "[testing]") {
    t::world world(roompp::rooms<>{});
    auto one = world.connect("/abc/");
    auto two = world.connect("/%61b%63/");
    one.send("").send("next");
    two.expect("").expect("next");
}

TEST_CASE("Ten thousand conversations lose nothing", "[testing]") {
    std::size_t joined = 0;
    std::size_t left = 0;
    roompp::rooms<> rooms;
    rooms.on_join([&] { ++joined; });
    rooms.on_leave([&] { ++left; });
    t::world world(rooms);
    auto witness = world.connect("/all/");
    std::size_t heard = 0;
    for (int i = 0; i < 10'000; ++i) {
        auto one = world.connect("/all/");
        const std::string text = "I am " + std::to_string(i);
        one.send(text);
        heard += one.receive() == text && witness.receive() == text;
        one.close();
        heard += one.closed().code == 1000;
    }
    witness.receive_nothing();
    CHECK(heard == 20'000);
    CHECK(joined == 10'001);
    CHECK(left == 10'000);
}

TEST_CASE("Ten thousand members of one world are connected at the same time", "[testing]") {
    const roompp::rooms<> rooms;
    t::world world(rooms);
    std::vector<t::client> members;
    for (int i = 0; i < 10'000; ++i)
        members.push_back(world.client("/" + std::to_string(i % 100) + "/").start_connecting());
    world.settle();
    CHECK(rooms.size() == 100);
    for (int i = 0; i < 100; ++i) members[static_cast<std::size_t>(i)].send("to the room");
    std::size_t heard = 0;
    for (auto& one : members) heard += one.receive() == "to the room";
    CHECK(heard == members.size());
}
