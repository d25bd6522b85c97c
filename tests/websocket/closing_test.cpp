// Closed members on transports without a WebSocket: the notification of their clients.

#include <chrono>
#include <string>

#include "support/chat_site.hpp"

namespace t = roompp::testing;
using support::ann;
using support::ann_token;
using support::ben;
using support::chat_site;
using support::json;
using support::message_texts;
using support::polling_client;
using support::stream_client;
using support::token_query;
using namespace std::chrono_literals;

namespace {

void check_refused(const t::http_reply& answer, int status, int code) {
    INFO(answer.body);
    CHECK(answer.status == status);
    CHECK(json::parse(answer.body)["code"] == code);
}

void check_left(const t::http_reply& answer) {
    CHECK(answer.status == 503);
    const json frame = json::parse(answer.body);
    CHECK(frame["error"] == "closed");
    CHECK(frame["code"] == 1000);
    CHECK(frame["message"] == "not in this room any more");
}

}  // namespace

TEST_CASE("A member that is closed gets a last event on its event stream, which ends", "[closing]") {
    chat_site chat;
    stream_client stream(chat, ann());
    (void)polling_client(chat, token_query(ann_token)).post_text("/kick me");
    CHECK(stream.last_frame() ==
          json{{"type", "error"}, {"error", "closed"}, {"code", 4000}, {"message", "as you wish"}});
    CHECK(chat.count("left lobby Ann 4000") == 1);
}

TEST_CASE("Pending polls are answered when the room is closed", "[closing]") {
    chat_site chat;
    polling_client first(chat, ann());
    polling_client other(chat, ben());
    (void)first.poll();
    (void)other.poll();
    CHECK(message_texts(first.poll()[0]).empty());
    CHECK(first.start_poll("after=0&wait=50").is_waiting());
    const auto answer = other.post_text("/kick all");
    if (answer.status == 409)
        CHECK(json::parse(answer.body)["error"] == "dropped");
    else
        CHECK(answer.status == 503);
    check_refused(first.polling.reply(), 403, 4002);
    CHECK(chat.count("left lobby Ann 4002") == 1);
    CHECK(chat.count("left lobby Ben 4002") == 1);
}

TEST_CASE("A member that is closed between polls is notified by the next poll", "[closing]") {
    chat_site chat;
    polling_client first(chat, ann());
    (void)first.poll();
    (void)first.post_text("/kick me");
    chat.world.advance(5s);
    const auto answer = first.try_poll();
    check_refused(answer, 403, 4000);
    CHECK(json::parse(answer.body)["message"] == "as you wish");
    (void)first.poll();  // a closed client may join again
}

TEST_CASE("A polling member that leaves the room is notified by the next poll", "[closing]") {
    chat_site chat;
    polling_client first(chat, ann());
    (void)first.poll();
    CHECK(first.post_text("/leave").status == 503);
    CHECK(chat.count("left lobby Ann 1000") == 1);
    check_left(first.try_poll());
    (void)first.poll();  // a closed client may join again
    CHECK(chat.count("left lobby Ann 1000") == 1);
    CHECK(chat.count("joined lobby Ann") == 2);
}

TEST_CASE("A pending poll is answered when its member leaves the room", "[closing]") {
    chat_site chat;
    polling_client first(chat, ann());
    for (int i = 0; i < 3; ++i) {
        (void)first.poll();
        CHECK(first.start_poll("after=0&wait=50").is_waiting());
        CHECK(first.post_text("/leave").status == 503);
        chat.world.advance(1s);
        check_left(first.polling.reply());
    }
}

TEST_CASE("A client that only posts joins again after its member has left the room", "[closing]") {
    chat_site chat;
    polling_client first(chat, token_query(ann_token));
    first.post_message("hello");
    CHECK(first.post_text("/leave").status == 503);
    check_refused(first.post_text("still here?"), 503, 1000);
    first.post_message("again");
}

TEST_CASE("An event stream ends when its member leaves the room", "[closing]") {
    chat_site chat;
    stream_client stream(chat, ann());
    CHECK(polling_client(chat, token_query(ann_token)).post_text("/leave").status == 503);
    chat.world.advance(6s);
    CHECK(stream.last_frame()["code"] == 1000);
    CHECK(chat.count("left lobby Ann 1000") == 1);
}

TEST_CASE("A refused join is reported on every transport", "[closing]") {
    chat_site chat;
    polling_client first(chat, token_query(ann_token), "closed");
    check_refused(first.try_poll(), 403, 4001);
    check_refused(first.post_text("hi"), 403, 4001);
    stream_client stream(chat, token_query(ann_token), "closed");
    CHECK(stream.last_frame()["message"] == "nobody may  enter ");
    auto socket = chat.world.connect("/ws/chat/closed/");
    CHECK(socket.closed().code == 4001);
    CHECK(socket.closed().reason == "nobody may \"enter\"");
}

TEST_CASE("A hook that throws closes the member, and the error is reported", "[closing]") {
    chat_site chat;
    polling_client first(chat, ann());
    (void)first.poll();
    (void)first.post_text("/throw");
    check_refused(first.try_poll(), 503, 1011);
    CHECK(chat.count("error: a room was told to throw") == 1);
}
