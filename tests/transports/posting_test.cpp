// Clients that say something by POST, and what bounds them.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "support/open_chat.hpp"

namespace t = roompp::testing;
using transports::ann;
using transports::ann_token;
using transports::as;
using transports::ben;
using transports::ben_token;
using transports::each;
using transports::json;
using transports::listener;
using transports::open_chat;
using transports::strings;
using transports::visitor;
using namespace std::chrono_literals;

namespace {

roompp::limits rate(std::uint64_t messages_per_second) {
    roompp::limits bounds;
    bounds.messages_per_second = messages_per_second;
    return bounds;
}

json frame_of(const t::http_reply& answer) { return json::parse(answer.body); }

std::string number(int i) { return "client-number-" + std::to_string(1000 + i); }

// Asks 50 times, of which only the first may pass, and no other may cost a hook; then once more, a second later.
template <class Ask>
void check_flood(open_chat& chat, Ask&& ask) {
    int asked = 0;
    for (int passed = 1; passed <= 2; ++passed) {
        CHECK(ask(asked++).status == 200);
        for (int i = 0; i < 49; ++i) {
            const auto answer = ask(asked++);
            REQUIRE(answer.status == 429);
            CHECK(frame_of(answer)["error"] == "rate_limited");
        }
        CHECK(std::count_if(chat.lines.begin(), chat.lines.end(), [](const std::string& line) {
                  return line.compare(0, 12, "joined lobby") == 0;
              }) == passed);
        chat.world.advance(1s);
    }
}

}  // namespace

TEST_CASE("A POST is acknowledged with the number of its message", "[posting]") {
    open_chat chat;
    visitor someone(chat, "");
    const auto answer = someone.post_text("hi");
    CHECK(answer.status == 200);
    CHECK(frame_of(answer) == json{{"type", "ack"}, {"id", 1}});
    CHECK(frame_of(someone.post(R"({"type": "message", "message": "hi", "ack": 7})")) ==
          json{{"type", "ack"}, {"ack", 7}, {"id", 2}});
    CHECK(frame_of(someone.post(R"({"type": "signal", "signal": 1})")) == json{{"type", "ack"}});
}

TEST_CASE("A POST that is wrong is answered with an error", "[posting]") {
    struct {
        std::string body;
        int status;
        const char* error;
    } const wrong[] = {{"", 400, "malformed"},
                       {"hi", 400, "malformed"},
                       {"[]", 400, "malformed"},
                       {R"({"message": 1})", 400, "malformed"},
                       {"\xff", 400, "malformed"},
                       {R"({"type": "dance"})", 400, "unknown_type"},
                       {R"({"message": "/nothing", "ack": 3})", 409, "dropped"},
                       {R"({"type": "direct", "to": "nobody", "message": "hi"})", 404, "no_such_person"}};
    open_chat chat;
    visitor someone(chat, as(ann_token));
    for (const auto& one : wrong) {
        CAPTURE(one.body);
        const auto answer = someone.post(one.body);
        CHECK(answer.status == one.status);
        CHECK(frame_of(answer)["type"] == "error");
        CHECK(frame_of(answer)["error"] == one.error);
    }
}

TEST_CASE("A direct message reaches the person on every transport", "[posting]") {
    open_chat chat;
    listener stream(chat, ann());
    const std::string id = stream.frame()["you"]["id"];
    visitor polling(chat, as(ann_token));
    (void)polling.poll();
    auto socket = chat.world.client("/ws/chat/lobby/?" + ann()).subprotocol("roompp.v1").connect();
    (void)socket.receive_all();
    visitor other(chat, ben());
    CHECK(other.post(json{{"type", "direct"}, {"to", id}, {"message", "psst"}}.dump()).status == 200);
    CHECK(stream.frame_of("direct")["message"] == "psst");
    const strings polled = each(polling.poll(), "message");
    CHECK(std::count(polled.begin(), polled.end(), "psst") == 1);
    CHECK(socket.receive_json<json>()["type"] == "join");
    CHECK(socket.receive_json<json>()["message"] == "psst");
}

TEST_CASE("A GET where something is said is refused", "[posting]") {
    open_chat chat;
    const auto answer = chat.world.http().get("/send/chat/lobby/");
    CHECK(answer.status == 405);
    CHECK(answer.header("Allow") == "POST, OPTIONS");
}

TEST_CASE("A client that posts too fast is told, and no other is", "[posting]") {
    open_chat chat(rate(3));
    visitor first(chat, as(ann_token));
    visitor other(chat, as(ben_token));
    for (int i = 0; i < 3; ++i) first.say(std::to_string(i));
    for (int i = 0; i < 7; ++i) CHECK(first.post_text("too much").status == 429);
    other.say("other");
    chat.world.advance(1s);
    first.say("again");
}

TEST_CASE("A message that is too large gets 413", "[posting]") {
    roompp::limits bounds;
    bounds.message_bytes = 1000;
    open_chat chat(bounds);
    const auto answer = visitor(chat, as(ann_token)).post_text(std::string(1000, 'x'));
    CHECK(answer.status == 413);
    CHECK(frame_of(answer)["error"] == "too_large");
}

TEST_CASE("A full room lets nobody else in", "[posting]") {
    roompp::limits bounds;
    bounds.members_per_room = 2;
    open_chat chat(bounds);
    (void)visitor(chat, as(ann_token)).poll();
    const listener stream(chat, as(ben_token));
    const auto answer = visitor(chat, as(number(1))).ask();
    CHECK(answer.status == 503);
    CHECK(frame_of(answer)["code"] == 1013);
    CHECK_FALSE(answer.header("Retry-After").empty());
}

TEST_CASE("POSTs of nobody in particular count together", "[posting]") {
    open_chat chat(rate(1));
    visitor someone(chat, "");
    check_flood(chat, [&](int) { return someone.post_text("hi"); });
}

TEST_CASE("POSTs of ever new clients count together", "[posting]") {
    open_chat chat(rate(1));
    auto browser = chat.world.http();
    check_flood(chat,
                [&](int i) { return browser.post("/send/chat/lobby/?client=" + number(i), R"({"message": "hi"})"); });
}

TEST_CASE("Polls of ever new clients count together", "[posting]") {
    open_chat chat(rate(1));
    auto browser = chat.world.http();
    check_flood(chat, [&](int i) { return browser.get("/poll/chat/lobby/?after=0&client=" + number(i)); });
}

TEST_CASE("Those who are in the room have a rate of their own", "[posting]") {
    open_chat chat(rate(1));
    const listener stream(chat, ann());
    auto browser = chat.world.http();  // one address
    const auto say = [&](const std::string& who) {
        return browser.post("/send/chat/lobby/?" + who, R"({"message": "hi"})").status;
    };
    CHECK(say("") == 200);
    for (int i = 0; i < 19; ++i) CHECK(say("") == 429);
    CHECK(say(as(ann_token)) == 200);
}

TEST_CASE("Polls without a client, and of those who are there, do not count", "[posting]") {
    open_chat chat(rate(1));
    auto browser = chat.world.http();
    for (int i = 0; i < 20; ++i) {
        CHECK(browser.get("/poll/chat/lobby/?after=0&" + as(ann_token)).status == 200);
        CHECK(browser.get("/poll/chat/lobby/?after=0").status == 200);
    }
}

TEST_CASE("The bytes of POSTs of nobody in particular count together", "[posting]") {
    roompp::limits bounds;
    bounds.bytes_per_second = bounds.message_bytes = 1000;
    open_chat chat(bounds);
    visitor someone(chat, "");
    const std::string text(900, 'x');
    for (int i = 0; i < 3; ++i) {
        CHECK(someone.post_text(text).status == 200);
        for (int more = 0; more < 20; ++more) CHECK(someone.post_text(text).status == 429);
        chat.world.advance(1s);
    }
}

TEST_CASE("There is a place for one that polls, and for the next when it has gone", "[posting]") {
    roompp::limits bounds;
    bounds.connections = 3;
    open_chat chat(bounds);
    auto browser = chat.world.http();
    const auto status = [&](const std::string& who) { return browser.get("/poll/chat/lobby/?after=0&" + who).status; };
    CHECK(status(ann()) == 200);
    CHECK(status(ben()) == 503);
    chat.world.advance(29s);
    CHECK(status(ben()) == 503);
    chat.world.advance(2s);  // timeouts are kept to the second
    CHECK(chat.count("left lobby Ann 1006") == 1);
    CHECK(status(ben()) == 200);
}
