// Clients that listen to a room by an event stream.

#include <chrono>
#include <string>

#include "support/open_chat.hpp"

namespace t = roompp::testing;
using transports::ann;
using transports::ann_token;
using transports::as;
using transports::ben;
using transports::ben_token;
using transports::json;
using transports::listener;
using transports::open_chat;
using transports::strings;
using transports::texts;
using transports::visitor;
using namespace std::chrono_literals;

TEST_CASE("Each frame is an event, and messages have ids", "[event_stream]") {
    t::explore(20, [](std::uint64_t seed) {
        open_chat chat({}, seed, 1 + seed % 3);
        listener stream(chat, ann());
        const json history = stream.frame();
        REQUIRE(history["type"] == "history");
        REQUIRE(history["you"]["name"] == "Ann");
        REQUIRE(stream.frame()["type"] == "presence");
        const std::string text = "line\none\r\n\"two\" \xc3\xbc";
        visitor(chat, as(ann_token)).say(text);
        const json frame = stream.frame();
        REQUIRE(frame["type"] == "message");
        REQUIRE(frame["id"] == 1);
        REQUIRE(frame["message"] == text);
        REQUIRE(frame["from"] == history["you"]);
        const std::string id = history["epoch"].get<std::string>() + ":1";
        REQUIRE(stream.last_id == id);
        (void)visitor(chat, ben()).post(R"({"type": "signal", "signal": 1})");
        REQUIRE(stream.frame_of("signal")["signal"] == 1);
        REQUIRE(stream.last_id == id);
    });
}

TEST_CASE("A client that comes back gets what it missed", "[event_stream]") {
    open_chat chat;
    visitor speaker(chat, as(ben_token));
    listener stream(chat, as(ann_token));
    speaker.say("one");
    (void)stream.frame_of("message");
    stream.http.drop();
    speaker.say("two");

    listener again(chat, as(ann_token), "lobby", {{"Last-Event-ID", stream.last_id}});
    const json history = again.frame();
    CHECK(history["type"] == "history");
    CHECK(texts(history) == strings{"two"});
    const std::string epoch = history["epoch"];
    CHECK(again.last_id == epoch + ":2");
    CHECK(texts(listener(chat, as(ann_token) + "&after=1&epoch=" + epoch).frame()) == strings{"two"});

    const auto type_after = [&](const std::string& id) {
        CAPTURE(id);
        return listener(chat, "", "lobby", {{"Last-Event-ID", id}}).frame().at("type");
    };
    for (const std::string& wrong : {std::string("0123456789abcdef:1"), epoch + ":99"})
        CHECK(type_after(wrong) == "reset");
    for (const std::string& senseless : {std::string("x"), std::string(":"), epoch + ':', epoch + ":x"})
        CHECK(type_after(senseless) == "history");
}

TEST_CASE("A client that ends its stream leaves the room", "[event_stream]") {
    open_chat chat;
    listener stream(chat, ann());
    CHECK(chat.lines == strings{"joined lobby Ann"});
    stream.http.drop();
    chat.world.settle();
    CHECK(chat.lines == strings{"joined lobby Ann", "left lobby Ann 1006"});
}

TEST_CASE("What a client posts comes from its stream", "[event_stream]") {
    open_chat chat;
    listener stream(chat, ann());
    visitor speaker(chat, as(ann_token));
    CHECK(speaker.post_text("/only me").status == 409);
    CHECK(stream.frame_of("direct")["message"] == "only you");
    CHECK(speaker.post(R"({"type": "signal", "signal": "mine"})").status == 200);
    speaker.say("mine as well");
    CHECK(stream.frame()["type"] == "message");  // one's own signal does not come back
    CHECK(chat.lines == strings{"joined lobby Ann"});
}

TEST_CASE("A HEAD of a stream has an end, and joins nobody", "[event_stream]") {
    open_chat chat;
    auto browser = chat.world.http();
    const auto answer = browser.request("HEAD", "/events/chat/lobby/?" + ann());
    CHECK(answer.status == 200);
    CHECK(answer.header("Content-Type") == "text/event-stream");
    CHECK(answer.body.empty());
    CHECK_FALSE(browser.is_connected());
    CHECK(chat.lines.empty());
}

TEST_CASE("A stream without news is kept alive by comments", "[event_stream]") {
    const std::string comment = ": still here\n\n";
    open_chat chat;
    listener stream(chat, "name=Somebody");
    (void)stream.http.more_body();
    chat.world.advance(14s);
    CHECK(stream.http.more_body().empty());
    chat.world.advance(2s);  // timers are kept to the second
    CHECK(stream.http.more_body() == comment);
    chat.world.advance(10s);
    visitor(chat, "").say("news");  // puts the next one off
    (void)stream.http.more_body();
    chat.world.advance(14s);
    CHECK(stream.http.more_body().empty());
    chat.world.advance(2s);
    CHECK(stream.http.more_body() == comment);
    chat.world.advance(1h);
    CHECK(stream.http.is_connected());
    CHECK(stream.http.more_body().size() >= 3600 / 16 * comment.size());
    CHECK(chat.count("left lobby Somebody 1006") == 0);
}
