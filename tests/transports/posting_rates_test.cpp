// Rate limits of clients that post and poll: of members, and of new clients by their address.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "support/chat_site.hpp"

namespace t = roompp::testing;
using support::ann;
using support::ann_token;
using support::ben_token;
using support::chat_site;
using support::json;
using support::polling_client;
using support::stream_client;
using support::token_query;
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
void check_flood(chat_site& chat, Ask&& ask) {
    int requests = 0;
    for (int passed = 1; passed <= 2; ++passed) {
        CHECK(ask(requests++).status == 200);
        for (int i = 0; i < 49; ++i) {
            const auto answer = ask(requests++);
            REQUIRE(answer.status == 429);
            CHECK(frame_of(answer)["error"] == "rate_limited");
        }
        CHECK(std::count_if(chat.log.begin(), chat.log.end(), [](const std::string& line) {
                  return line.compare(0, 12, "joined lobby") == 0;
              }) == passed);
        chat.world.advance(1s);
    }
}

}  // namespace

TEST_CASE("A client that posts too fast is told, and no other is", "[posting]") {
    chat_site chat(rate(3));
    polling_client first(chat, token_query(ann_token));
    polling_client other(chat, token_query(ben_token));
    for (int i = 0; i < 3; ++i) first.post_message(std::to_string(i));
    for (int i = 0; i < 7; ++i) CHECK(first.post_text("too much").status == 429);
    other.post_message("other");
    chat.world.advance(1s);
    first.post_message("again");
}

TEST_CASE("POSTs of nobody in particular count together", "[posting]") {
    chat_site chat(rate(1));
    polling_client someone(chat, "");
    check_flood(chat, [&](int) { return someone.post_text("hi"); });
}

TEST_CASE("POSTs of ever new clients count together", "[posting]") {
    chat_site chat(rate(1));
    auto browser = chat.world.http();
    check_flood(chat,
                [&](int i) { return browser.post("/send/chat/lobby/?client=" + number(i), R"({"message": "hi"})"); });
}

TEST_CASE("Polls of ever new clients count together", "[posting]") {
    chat_site chat(rate(1));
    auto browser = chat.world.http();
    check_flood(chat, [&](int i) { return browser.get("/poll/chat/lobby/?after=0&client=" + number(i)); });
}

TEST_CASE("Those who are in the room have a rate of their own", "[posting]") {
    chat_site chat(rate(1));
    const stream_client stream(chat, ann());
    auto browser = chat.world.http();  // one address
    const auto say = [&](const std::string& client) {
        return browser.post("/send/chat/lobby/?" + client, R"({"message": "hi"})").status;
    };
    CHECK(say("") == 200);
    for (int i = 0; i < 19; ++i) CHECK(say("") == 429);
    CHECK(say(token_query(ann_token)) == 200);
}

TEST_CASE("Polls without a client, and of those who are there, do not count", "[posting]") {
    chat_site chat(rate(1));
    auto browser = chat.world.http();
    for (int i = 0; i < 20; ++i) {
        CHECK(browser.get("/poll/chat/lobby/?after=0&" + token_query(ann_token)).status == 200);
        CHECK(browser.get("/poll/chat/lobby/?after=0").status == 200);
    }
}

TEST_CASE("The bytes of POSTs of nobody in particular count together", "[posting]") {
    roompp::limits bounds;
    bounds.bytes_per_second = bounds.message_bytes = 1000;
    chat_site chat(bounds);
    polling_client someone(chat, "");
    const std::string text(900, 'x');
    for (int i = 0; i < 3; ++i) {
        CHECK(someone.post_text(text).status == 200);
        for (int more = 0; more < 20; ++more) CHECK(someone.post_text(text).status == 429);
        chat.world.advance(1s);
    }
}

TEST_CASE("A post that is too fast is answered with its number", "[posting]") {
    chat_site chat(rate(1));
    stream_client stream(chat, ann());
    polling_client poster(chat, token_query(ann_token));
    const auto post = [&](const std::string& text, int number) {
        return frame_of(poster.post(json{{"message", text}, {"ack", number}}.dump()));
    };
    CHECK(post("hi", 1)["ack"] == 1);
    const auto too_fast = post("hi", 2);
    CHECK(too_fast["error"] == "rate_limited");
    CHECK(too_fast["ack"] == 2);
}

TEST_CASE("A first post that is too fast is answered with its number", "[posting]") {
    chat_site chat(rate(1));
    auto browser = chat.world.http();  // one address
    const auto post = [&](int client) {
        return frame_of(browser.post("/send/chat/lobby/?client=" + number(client), R"({"message": "hi", "ack": 7})"));
    };
    CHECK(post(1)["type"] == "ack");
    const auto too_fast = post(2);
    CHECK(too_fast["error"] == "rate_limited");
    CHECK(too_fast["ack"] == 7);
}
