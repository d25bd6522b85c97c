// Clients that listen to a room by an event stream.

#include <chrono>
#include <string>

#include "support/chat_site.hpp"

namespace t = roompp::testing;
using support::ann;
using support::ann_token;
using support::ben;
using support::ben_token;
using support::chat_site;
using support::json;
using support::message_texts;
using support::polling_client;
using support::stream_client;
using support::strings;
using support::token_query;
using namespace std::chrono_literals;

TEST_CASE("Each frame is an event, and messages have ids", "[event_stream]") {
    t::explore(20, [](std::uint64_t seed) {
        chat_site chat({}, seed, 1 + seed % 3);
        stream_client stream(chat, ann());
        const json history = stream.next_frame();
        REQUIRE(history["type"] == "history");
        REQUIRE(history["you"]["name"] == "Ann");
        REQUIRE(stream.next_frame()["type"] == "presence");
        const std::string text = "line\none\r\n\"two\" \xc3\xbc";
        polling_client(chat, token_query(ann_token)).post_message(text);
        const json frame = stream.next_frame();
        REQUIRE(frame["type"] == "message");
        REQUIRE(frame["id"] == 1);
        REQUIRE(frame["message"] == text);
        REQUIRE(frame["from"] == history["you"]);
        const std::string id = history["epoch"].get<std::string>() + ":1";
        REQUIRE(stream.last_id == id);
        (void)polling_client(chat, ben()).post(R"({"type": "signal", "signal": 1})");
        REQUIRE(stream.next_frame_of("signal")["signal"] == 1);
        REQUIRE(stream.last_id == id);
    });
}

TEST_CASE("A client that comes back gets what it missed", "[event_stream]") {
    chat_site chat;
    polling_client speaker(chat, token_query(ben_token));
    stream_client stream(chat, token_query(ann_token));
    speaker.post_message("one");
    (void)stream.next_frame_of("message");
    stream.http.drop();
    speaker.post_message("two");

    stream_client again(chat, token_query(ann_token), "lobby", {{"Last-Event-ID", stream.last_id}});
    const json history = again.next_frame();
    CHECK(history["type"] == "history");
    CHECK(message_texts(history) == strings{"two"});
    const std::string epoch = history["epoch"];
    CHECK(again.last_id == epoch + ":2");
    CHECK(message_texts(stream_client(chat, token_query(ann_token) + "&after=1&epoch=" + epoch).next_frame()) ==
          strings{"two"});

    const auto type_after = [&](const std::string& id) {
        CAPTURE(id);
        return stream_client(chat, "", "lobby", {{"Last-Event-ID", id}}).next_frame().at("type");
    };
    for (const std::string& wrong : {std::string("0123456789abcdef:1"), epoch + ":99"})
        CHECK(type_after(wrong) == "reset");
    for (const std::string& senseless : {std::string("x"), std::string(":"), epoch + ':', epoch + ":x"})
        CHECK(type_after(senseless) == "history");
}

TEST_CASE("A client that ends its stream leaves the room", "[event_stream]") {
    chat_site chat;
    stream_client stream(chat, ann());
    CHECK(chat.log == strings{"joined lobby Ann"});
    stream.http.drop();
    chat.world.settle();
    CHECK(chat.log == strings{"joined lobby Ann", "left lobby Ann 1006"});
}

TEST_CASE("What a client posts comes from its stream", "[event_stream]") {
    chat_site chat;
    stream_client stream(chat, ann());
    polling_client speaker(chat, token_query(ann_token));
    CHECK(speaker.post_text("/only me").status == 409);
    CHECK(stream.next_frame_of("direct")["message"] == "only you");
    CHECK(speaker.post(R"({"type": "signal", "signal": "mine"})").status == 200);
    speaker.post_message("mine as well");
    CHECK(stream.next_frame()["type"] == "message");  // one's own signal does not come back
    CHECK(chat.log == strings{"joined lobby Ann"});
}

TEST_CASE("A HEAD of a stream has an end, and joins nobody", "[event_stream]") {
    chat_site chat;
    auto browser = chat.world.http();
    const auto answer = browser.request("HEAD", "/events/chat/lobby/?" + ann());
    CHECK(answer.status == 200);
    CHECK(answer.header("Content-Type") == "text/event-stream");
    CHECK(answer.body.empty());
    CHECK_FALSE(browser.is_connected());
    CHECK(chat.log.empty());
}

TEST_CASE("A stream without news is kept alive by comments", "[event_stream]") {
    const std::string comment = ": still here\n\n";
    chat_site chat;
    stream_client stream(chat, "name=Somebody");
    (void)stream.http.more_body();
    chat.world.advance(14s);
    CHECK(stream.http.more_body().empty());
    chat.world.advance(2s);  // timers are kept to the second
    CHECK(stream.http.more_body() == comment);
    chat.world.advance(10s);
    polling_client(chat, "").post_message("news");  // puts the next one off
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
