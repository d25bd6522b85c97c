// One room by WebSocket, polling, event stream and POST.

#include <map>
#include <string>
#include <vector>

#include "support/chat_site.hpp"

namespace t = roompp::testing;
using support::ann;
using support::ann_token;
using support::ben;
using support::chat_site;
using support::json;
using support::polling_client;
using support::stream_client;
using support::token_query;

namespace {

// The statuses of a poll, a POST and a stream at the routes that ask who one is.
std::vector<int> statuses(chat_site& chat, const t::http_client::headers& headers = {}, const std::string& query = {}) {
    auto browser = chat.world.http();
    const int poll = browser.get("/poll/short/lobby/?after=0&" + query, headers).status;
    const int post = browser.post("/send/short/lobby/?" + query, R"({"message":"hi"})", headers).status;
    return {poll, post, browser.start("GET", "/events/short/lobby/?" + query, {}, headers).status_so_far()};
}

std::vector<int> all(int status) { return {status, status, status}; }

}  // namespace

TEST_CASE("Pages of other sites are refused", "[transports]") {
    chat_site chat;
    CHECK(statuses(chat) == all(200));
    CHECK(statuses(chat, {{"Origin", "http://localhost"}}) == all(200));
    for (const char* evil : {"https://evil.example", "null", "http://localhost.evil.example", "file://"}) {
        CAPTURE(evil);
        CHECK(statuses(chat, {{"Origin", evil}}) == all(403));
    }
    for (const char* site : {"cross-site", "same-site"}) CHECK(statuses(chat, {{"Sec-Fetch-Site", site}}) == all(403));
    for (const char* site : {"same-origin", "none"}) CHECK(statuses(chat, {{"Sec-Fetch-Site", site}}) == all(200));
}

TEST_CASE("Pages of a friend may read the answers", "[transports]") {
    chat_site chat;
    const t::http_client::headers friendly{{"Origin", "https://friend.example"}};
    CHECK(statuses(chat, friendly) == all(200));
    const auto answer = chat.world.http().get("/poll/short/lobby/?after=0", friendly);
    CHECK(answer.header("Access-Control-Allow-Origin") == "https://friend.example");
    CHECK(answer.header("Vary") == "Origin");
}

TEST_CASE("The application may refuse a poll, a POST and a stream", "[transports]") {
    chat_site chat;
    CHECK(statuses(chat, {}, "token=bad") == all(401));
}

TEST_CASE("The application may say who polls, posts and listens", "[transports]") {
    chat_site chat;
    const t::http_client::headers cookie{{"Cookie", "user=carl"}};
    const json carl{{"id", "carl"}, {"name", "User carl"}};
    auto browser = chat.world.http();
    CHECK(browser.post("/send/short/lobby/", R"({"message": "hi"})", cookie).status == 200);
    const json frames = json::parse(browser.get("/poll/short/lobby/?after=0", cookie).body);
    CHECK(frames[0]["messages"][0]["from"] == carl);
    CHECK(frames[0]["you"] == carl);
    browser.start("GET", "/events/short/lobby/", {}, cookie);
    CHECK(json::parse(browser.receive_event().data)["you"] == carl);
}

TEST_CASE("Everybody gets the same messages with the same numbers", "[transports]") {
    t::explore(30, [](std::uint64_t seed) {
        chat_site chat({}, seed, 1 + seed % 3);
        auto socket = chat.world.client("/ws/chat/lobby/?" + ben()).subprotocol("roompp.v1").connect();
        REQUIRE(socket.receive_json<json>()["type"] == "history");
        stream_client stream(chat, ann());
        const std::string epoch = stream.next_frame()["epoch"];
        polling_client speaker(chat, token_query(ann_token));
        polling_client poller(chat, token_query(std::string(20, 'c')));
        (void)poller.poll();
        for (std::uint64_t i = 1; i <= 30; ++i) {
            const std::string text = "number " + std::to_string(i);
            if (i % 2 == 0) {
                REQUIRE(speaker.post_message(text) == i);
            } else {
                socket.send(json{{"type", "message"}, {"message", text}, {"ack", i}}.dump());
                for (json frame; frame["type"] != "ack";) frame = socket.receive_json<json>();
            }
        }
        json by_stream;
        for (int i = 1; i <= 30; ++i) {
            json message = stream.next_frame_of("message");
            REQUIRE(message["id"] == i);
            REQUIRE(message["message"] == "number " + std::to_string(i));
            message.erase("type");
            by_stream.push_back(message);
        }
        REQUIRE(poller.poll("after=0&epoch=" + epoch)[0]["messages"] == by_stream);
    });
}

TEST_CASE("One client is one person on every transport", "[transports]") {
    chat_site chat;
    auto socket = chat.world.client("/ws/chat/lobby/?" + ann()).subprotocol("roompp.v1").connect();
    const json you = socket.receive_json<json>()["you"];
    CHECK(polling_client(chat, ann()).poll()[0]["you"] == you);
    stream_client stream(chat, ann());
    CHECK(stream.next_frame()["you"] == you);
    std::map<std::string, int> connections;
    const json frames = polling_client(chat, ben()).poll();
    for (const json& entry : frames[1]["members"]) connections[entry["name"]] = entry["connections"];
    CHECK(connections == std::map<std::string, int>{{"Ann", 3}, {"Ben", 1}});
}
