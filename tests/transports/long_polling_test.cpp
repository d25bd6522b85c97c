// Polls that wait for news, and those who come and go with them.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/chat_site.hpp"

namespace t = roompp::testing;
using support::ann;
using support::ann_token;
using support::ben;
using support::ben_token;
using support::chat_site;
using support::field_values;
using support::json;
using support::message_texts;
using support::polling_client;
using support::stream_client;
using support::strings;
using support::token_query;
using namespace std::chrono_literals;

namespace {

roompp::limits any_rate() {
    roompp::limits bounds;
    bounds.messages_per_second = 0;
    return bounds;
}

roompp::limits grace(std::chrono::seconds duration) {
    roompp::limits bounds;
    bounds.poll_grace = duration;
    return bounds;
}

strings names(const json& presence) {
    strings all = field_values(presence["members"], "name");
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace

TEST_CASE("A poll that waits is answered when somebody speaks", "[long_polling]") {
    chat_site chat;
    polling_client first(chat, ann());
    polling_client other(chat, ben());
    const json frames = first.poll("after=0&wait=50");
    CHECK(frames[0]["you"]["name"] == "Ann");
    CHECK(frames[1]["type"] == "presence");
    CHECK(names(frames[1]) == strings{"Ann"});
    CHECK(first.start_poll("after=0&wait=50").is_waiting());
    chat.world.advance(49s);
    CHECK(first.is_waiting());
    other.post_message("news");
    CHECK_FALSE(first.is_waiting());
    CHECK(chat.world.elapsed() == 49s);
}

TEST_CASE("Each piece of news answers one poll, in whatever order things happen", "[long_polling]") {
    t::explore(30, [](std::uint64_t seed) {
        chat_site chat(any_rate(), seed, 1 + seed % 3);
        polling_client first(chat, ann());
        polling_client other(chat, ben());
        const std::string epoch = first.poll("after=0&wait=50")[0]["epoch"];
        for (int i = 0; i < 10; ++i) {
            const std::string query = "after=" + std::to_string(i) + "&epoch=" + epoch + "&wait=50";
            first.start_poll(query);
            other.post_message("number " + std::to_string(i));
            json frames = first.frames();
            if (i == 0 && message_texts(frames[0]).empty()) {  // Ben's coming was news as well
                REQUIRE(frames[1]["type"] == "join");
                frames = first.poll(query);
            }
            REQUIRE(message_texts(frames[0]) == strings{"number " + std::to_string(i)});
            REQUIRE(frames[0]["messages"][0]["from"]["name"] == "Ben");
        }
        REQUIRE(chat.count("joined lobby Ann") == 1);
    });
}

TEST_CASE("A poll without a client is held as well, and sees news within a second", "[long_polling]") {
    chat_site chat;
    polling_client speaker(chat, token_query(ben_token));
    speaker.post_message("one");
    polling_client someone(chat, "");
    CHECK(someone.start_poll("after=1&wait=50").is_waiting());
    chat.world.advance(30s);
    CHECK(someone.is_waiting());
    speaker.post_message("two");
    chat.world.advance(1s);
    CHECK(message_texts(someone.frames()[0]) == strings{"two"});

    polling_client early(chat, "", "later");
    CHECK(early.start_poll("after=0&wait=50").is_waiting());
    polling_client(chat, token_query(ben_token), "later").post_message("first");
    chat.world.advance(1s);
    CHECK(message_texts(early.frames()[0]) == strings{"first"});
}

TEST_CASE("Polls that wait, sent at once, are answered in order, each when its own wait is over", "[long_polling]") {
    for (const std::string& client : {std::string(), token_query(ann_token)}) {
        CAPTURE(client);
        chat_site chat;
        polling_client someone(chat, client);
        (void)someone.poll();
        std::string requests;
        for (int i = 0; i < 3; ++i)
            requests += "GET " + someone.poll_path("after=0&wait=10") + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        someone.polling.send_bytes(requests);
        for (int i = 0; i < 3; ++i) {
            const auto begun = chat.world.elapsed();
            while (someone.polling.reply_so_far().status == 0) {
                REQUIRE(chat.world.elapsed() - begun <= 10s);  // timeouts are kept to the second
                chat.world.advance(1s);
            }
            CHECK(chat.world.elapsed() - begun >= 10s);
            CHECK(message_texts(someone.frames()[0]).empty());
        }
    }
}

TEST_CASE("An answer without news comes when the wait is over", "[long_polling]") {
    for (const std::string& client : {std::string(), token_query(ann_token)}) {
        CAPTURE(client);
        chat_site chat;
        polling_client someone(chat, client);
        (void)someone.poll();
        for (const auto& [wait, seconds] : {std::pair{"after=0&wait=25", 25s}, std::pair{"after=0&wait=5000", 60s}}) {
            CAPTURE(wait);
            CHECK(someone.start_poll(wait).is_waiting());
            chat.world.advance(seconds - 1s);
            CHECK(someone.is_waiting());
            chat.world.advance(2s);  // timeouts are kept to the second
            const json frames = someone.frames();
            CHECK(frames.size() == 1);
            CHECK(message_texts(frames[0]).empty());
        }
    }
}

TEST_CASE("A new poll answers the one that is held", "[long_polling]") {
    chat_site chat;
    polling_client first(chat, token_query(ann_token));
    polling_client second(chat, token_query(ann_token));
    (void)first.poll();
    CHECK(first.start_poll("after=0&wait=50").is_waiting());
    CHECK(second.start_poll("after=0&wait=50").is_waiting());
    CHECK(message_texts(first.frames()[0]).empty());
    first.post_message("news");
    CHECK(message_texts(second.frames()[0]) == strings{"news"});
}

TEST_CASE("Sessions of one client do not disturb each other and are one person", "[long_polling]") {
    t::explore(20, [](std::uint64_t seed) {
        chat_site chat(any_rate(), seed, 1 + seed % 3);
        polling_client first(chat, ann() + "&session=a");
        polling_client second(chat, ann() + "&session=b");
        (void)first.poll();
        const json frames = second.poll();
        REQUIRE(frames[1]["members"].size() == 1);
        REQUIRE(frames[1]["members"][0]["connections"] == 2);
        REQUIRE(first.start_poll("after=0&wait=50").is_waiting());
        REQUIRE(second.start_poll("after=0&wait=50").is_waiting());
        first.post_message("news");
        REQUIRE(message_texts(first.frames()[0]) == strings{"news"});
        REQUIRE(message_texts(second.frames()[0]) == strings{"news"});
    });
}

TEST_CASE("What came between two polls waits for the next", "[long_polling]") {
    t::explore(20, [](std::uint64_t seed) {
        chat_site chat(any_rate(), seed, 1 + seed % 3);
        polling_client first(chat, ann());
        polling_client other(chat, ben());
        (void)first.poll();
        other.post_message("one");
        REQUIRE(other.post(R"({"type": "signal", "signal": {"typing": true}})").status == 200);
        const json you = other.poll()[0]["you"]["id"];
        const json frames = first.poll();
        REQUIRE(message_texts(frames[0]) == strings{"one"});
        REQUIRE(frames.size() == 3);
        REQUIRE(frames[1]["type"] == "join");
        REQUIRE(frames[1]["member"]["id"] == you);
        REQUIRE(frames[2]["type"] == "signal");
        REQUIRE(frames[2]["signal"] == json{{"typing", true}});
        REQUIRE(first.poll("after=1").size() == 1);
    });
}

TEST_CASE("Too much between two polls is dropped, but no message, and not who is there", "[long_polling]") {
    chat_site chat(any_rate());
    polling_client first(chat, ann());
    polling_client other(chat, ben());
    (void)first.poll();
    (void)other.post_text("/flood me");
    other.post_message("after the flood");
    const json frames = first.poll();
    CHECK(message_texts(frames[0]) == strings{"after the flood"});
    CHECK(frames.size() == 2);
    CHECK(frames[1]["type"] == "presence");
    CHECK(names(frames[1]) == strings{"Ann", "Ben"});
    other.post_message("and on");
    CHECK(message_texts(first.poll("after=1")[0]) == strings{"and on"});
}

TEST_CASE("The number of people is told even if they are too many to be listed", "[long_polling]") {
    chat_site chat(any_rate());
    polling_client first(chat, ann());
    (void)first.poll();
    auto browser = chat.world.http();
    for (int i = 1000; i < 2100; ++i) {
        const std::string path = "/send/chat/lobby/?client=client-number-" + std::to_string(i);
        REQUIRE(browser.post(path, R"({"type": "signal", "signal": 1})").status == 200);
    }
    (void)first.post_text("/flood me");
    const json presence = first.poll()[1];
    CHECK(presence["type"] == "presence");
    CHECK(presence["count"] == 1101);
    CHECK(presence["members"].size() == 1000);
}

TEST_CASE("An answer that never arrived is asked for again", "[long_polling]") {
    chat_site chat;
    polling_client first(chat, token_query(ann_token));
    (void)first.poll();
    CHECK(first.start_poll("after=0&wait=50").is_waiting());
    first.polling.drop();
    polling_client(chat, token_query(ben_token)).post_message("news");
    for (int i = 0; i < 2; ++i)  // as if the first answer had been lost
        CHECK(message_texts(first.poll()[0]) == strings{"news"});
}

TEST_CASE("A client that goes while its poll is held keeps its place for a while", "[long_polling]") {
    chat_site chat(grace(30s));
    polling_client first(chat, ann());
    (void)first.poll();
    for (int i = 0; i < 2; ++i) {
        CHECK(first.start_poll("after=0&wait=50").is_waiting());
        chat.world.advance(40s);
        first.polling.drop();
        chat.world.advance(29s);
    }
    CHECK(message_texts(first.poll()[0]).empty());
    CHECK(chat.log == strings{"joined lobby Ann"});
    CHECK(first.start_poll("after=0&wait=50").is_waiting());
    first.polling.drop();
    chat.world.advance(31s);
    CHECK(chat.log == strings{"joined lobby Ann", "left lobby Ann 1006"});
}

TEST_CASE("A client that polls no more leaves after a while, and may come again", "[long_polling]") {
    chat_site chat(grace(30s));
    stream_client other(chat, ben());
    polling_client first(chat, ann());
    (void)first.poll();
    CHECK(other.next_frame_of("join")["member"]["name"] == "Ann");
    chat.world.advance(29s);
    CHECK(other.http.receive_events().empty());
    chat.world.advance(2s);  // timeouts are kept to the second
    CHECK(other.next_frame_of("leave")["member"]["name"] == "Ann");
    CHECK(chat.count("left lobby Ann 1006") == 1);
    (void)first.poll();
    CHECK(chat.count("joined lobby Ann") == 2);
}

TEST_CASE("A hidden page, whose timers run once a minute, stays in its room", "[long_polling]") {
    chat_site chat;  // the default grace
    polling_client hidden(chat, ann());
    for (int minute = 0; minute < 5; ++minute) {
        (void)hidden.poll();
        chat.world.advance(65s);
    }
    CHECK(chat.log == strings{"joined lobby Ann"});
}

TEST_CASE("A poll that is held is no silence", "[long_polling]") {
    chat_site chat(grace(10s));
    polling_client first(chat, ann());
    (void)first.poll();
    CHECK(first.start_poll("after=0&wait=50").is_waiting());
    chat.world.advance(51s);
    CHECK_FALSE(first.is_waiting());
    chat.world.advance(8s);
    CHECK(chat.log == strings{"joined lobby Ann"});
    chat.world.advance(3s);
    CHECK(chat.log == strings{"joined lobby Ann", "left lobby Ann 1006"});
}

TEST_CASE("Who only says something comes and goes", "[long_polling]") {
    chat_site chat;
    stream_client other(chat, ben());
    polling_client(chat, "name=Guest").post_message("hello");
    for (const char* type : {"history", "presence", "join", "message", "leave"})
        CHECK(other.next_frame()["type"] == type);
    CHECK(chat.count("left lobby Guest 1000") == 1);
}
