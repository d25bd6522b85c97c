// Messages of clients by POST, and their responses.

#include <algorithm>
#include <string>

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

namespace {

json frame_of(const t::http_reply& answer) { return json::parse(answer.body); }

std::string number(int i) { return "client-number-" + std::to_string(1000 + i); }

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
    for (const auto& example : wrong) {
        CAPTURE(example.body);
        const auto answer = someone.post(example.body);
        CHECK(answer.status == example.status);
        CHECK(frame_of(answer)["type"] == "error");
        CHECK(frame_of(answer)["error"] == example.error);
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
