// Messages of clients by POST, and their responses.

#include <algorithm>
#include <string>

#include "support/chat_site.hpp"

namespace t = roompp::testing;
using support::ann;
using support::ann_token;
using support::ben;
using support::ben_token;
using support::chat_site;
using support::field_values;
using support::json;
using support::polling_client;
using support::stream_client;
using support::strings;
using support::token_query;

namespace {

json frame_of(const t::http_reply& answer) { return json::parse(answer.body); }

std::string number(int i) { return "client-number-" + std::to_string(1000 + i); }

}  // namespace

TEST_CASE("A POST is acknowledged with the number of its message", "[posting]") {
    chat_site chat;
    polling_client someone(chat, "");
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
    chat_site chat;
    polling_client someone(chat, token_query(ann_token));
    for (const auto& example : wrong) {
        CAPTURE(example.body);
        const auto answer = someone.post(example.body);
        CHECK(answer.status == example.status);
        CHECK(frame_of(answer)["type"] == "error");
        CHECK(frame_of(answer)["error"] == example.error);
    }
}

TEST_CASE("A direct message reaches the person on every transport", "[posting]") {
    chat_site chat;
    stream_client stream(chat, ann());
    const std::string id = stream.next_frame()["you"]["id"];
    polling_client polling(chat, token_query(ann_token));
    (void)polling.poll();
    auto socket = chat.world.client("/ws/chat/lobby/?" + ann()).subprotocol("roompp.v1").connect();
    (void)socket.receive_all();
    polling_client other(chat, ben());
    CHECK(other.post(json{{"type", "direct"}, {"to", id}, {"message", "psst"}}.dump()).status == 200);
    CHECK(stream.next_frame_of("direct")["message"] == "psst");
    const strings polled = field_values(polling.poll(), "message");
    CHECK(std::count(polled.begin(), polled.end(), "psst") == 1);
    CHECK(socket.receive_json<json>()["type"] == "join");
    CHECK(socket.receive_json<json>()["message"] == "psst");
}

TEST_CASE("A GET where something is said is refused", "[posting]") {
    chat_site chat;
    const auto answer = chat.world.http().get("/send/chat/lobby/");
    CHECK(answer.status == 405);
    CHECK(answer.header("Allow") == "POST, OPTIONS");
}

TEST_CASE("A message that is too large gets 413", "[posting]") {
    roompp::limits bounds;
    bounds.message_bytes = 1000;
    chat_site chat(bounds);
    const auto answer = polling_client(chat, token_query(ann_token)).post_text(std::string(1000, 'x'));
    CHECK(answer.status == 413);
    CHECK(frame_of(answer)["error"] == "too_large");
}

TEST_CASE("A full room lets nobody else in", "[posting]") {
    roompp::limits bounds;
    bounds.members_per_room = 2;
    chat_site chat(bounds);
    (void)polling_client(chat, token_query(ann_token)).poll();
    const stream_client stream(chat, token_query(ben_token));
    const auto answer = polling_client(chat, token_query(number(1))).try_poll();
    CHECK(answer.status == 503);
    CHECK(frame_of(answer)["code"] == 1013);
    CHECK_FALSE(answer.header("Retry-After").empty());
}
