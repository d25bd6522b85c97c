// Pings and lost peers while a session has paused reading, in virtual time.

#include <chrono>
#include <memory>
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

// A server whose sessions pause reading at "pause", and note everything else; and one client.
struct fixture {
    fixture() : world(make_handler()) {}
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    t::client connect_paused(bool answers_pings = true) {
        auto connected = world.client("/").answer_pings(answers_pings).connect();
        connected.send("pause");
        world.settle();
        world.advance(2s);
        return connected;
    }
    void resume() {
        conn->home().post([this] { conn->resume_reading(); });
        world.settle();
    }

    strings events;
    std::shared_ptr<roompp::connection> conn;
    t::world world;

private:
    roompp::websocket_handler make_handler() {
        roompp::websocket_handler handler;
        handler.on_open([this](roompp::connection& opened) { conn = opened.shared_from_this(); });
        handler.on_message([this](roompp::connection& sender, std::string_view text) {
            if (text == "pause") return sender.pause_reading();
            events.push_back(text.size() < 100 ? std::string(text) : std::to_string(text.size()));
        });
        handler.on_close(
            [this](const roompp::close_event& event) { events.push_back("closed " + std::to_string(event.code)); });
        return handler;
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "A client's pings are answered while its messages wait", "[websocket][pause]") {
    auto ann = connect_paused();
    ann.send("a").send("b");
    ann.ping("there?");
    world.advance(2s);
    CHECK(ann.pongs() == strings{"there?"});
    CHECK(events.empty());
    ann.send("c");
    resume();
    CHECK(events == strings{"a", "b", "c"});
    ann.send("d");
    world.settle();
    CHECK(events.back() == "d");
}

TEST_CASE_METHOD(fixture, "Messages that wait are handled up to the one that pauses again", "[websocket][pause]") {
    auto ann = connect_paused();
    ann.send("a").send("pause").send("b");
    world.advance(2s);
    CHECK(events.empty());
    resume();
    CHECK(events == strings{"a"});
    world.advance(2s);
    CHECK(events == strings{"a"});
    resume();
    CHECK(events == strings{"a", "b"});
}

TEST_CASE_METHOD(fixture, "Many messages that wait are handled in order, in several turns", "[websocket][pause]") {
    auto ann = connect_paused();
    strings sent;
    for (int i = 0; i < 900; ++i) {
        sent.push_back(std::to_string(i));
        ann.send(sent.back());
    }
    world.advance(10s);
    CHECK(events.empty());
    resume();
    CHECK(events == sent);
}

TEST_CASE_METHOD(fixture, "A client that answers pings stays while reading is paused", "[websocket][pause]") {
    auto ann = connect_paused();
    world.advance(10min);
    CHECK(ann.pings() >= 19);
    CHECK(ann.is_open());
    CHECK(events.empty());
}

TEST_CASE_METHOD(fixture, "A client that does not answer pings is noticed while reading is paused",
                 "[websocket][pause]") {
    auto ann = connect_paused(false);
    ann.send("last words");
    world.advance(1min);
    CHECK(events == strings{"last words", "closed 1006"});
}

TEST_CASE_METHOD(fixture, "A client that leaves is noticed while reading is paused", "[websocket][pause]") {
    auto ann = connect_paused();
    ann.send("last words");
    SECTION("without a close") {
        ann.drop();
        world.advance(2s);
        CHECK(events.back() == "closed 1006");
    }
    SECTION("with a close") {
        ann.close(4001, "bye");
        world.advance(2s);
        CHECK(events == strings{"last words", "closed 4001"});
    }
}

TEST_CASE_METHOD(fixture, "A client that sends on while reading is paused is not waited for", "[websocket][pause]") {
    auto ann = connect_paused();
    for (int i = 0; i < 10; ++i) ann.send(std::string(50'000, 'x'));
    world.advance(10min);
    CHECK(events.empty());
    SECTION("it stays, though its answers to pings are not read") {
        CHECK(ann.is_open());
        for (int i = 0; i < 10; ++i) resume();
        world.advance(10s);
        CHECK(events == strings(10, "50000"));
        world.advance(10min);
        CHECK(ann.is_open());
    }
    SECTION("it is noticed when it is lost") {
        ann.drop();
        world.advance(2min);
        CHECK(events.back() == "closed 1006");
    }
}
