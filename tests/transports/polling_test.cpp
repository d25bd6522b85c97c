// Polls that are answered at once.

#include <string>
#include <utility>
#include <vector>

#include "support/chat_site.hpp"

using support::ann;
using support::ann_token;
using support::chat_site;
using support::json;
using support::message_texts;
using support::polling_client;
using support::strings;
using support::token_query;

TEST_CASE("A poll is answered at once with what came after", "[polling]") {
    chat_site chat;
    polling_client someone(chat, "");
    CHECK(someone.post_message("one") == 1);
    CHECK(someone.post_message("two") == 2);
    CHECK(someone.post_message("three") == 3);
    const json first = someone.poll("after=0");
    CHECK(first[0]["type"] == "history");
    CHECK(first[0]["last"] == 3);
    CHECK(message_texts(first[0]) == strings{"one", "two", "three"});
    for (std::size_t i = 0; i < 3; ++i) CHECK(first[0]["messages"][i]["id"] == i + 1);
    const std::string epoch = first[0]["epoch"];
    CHECK(message_texts(someone.poll("after=2&epoch=" + epoch)[0]) == strings{"three"});
    CHECK(message_texts(someone.poll("after=3&epoch=" + epoch)[0]).empty());
    CHECK(message_texts(someone.poll("last=2")[0]) == strings{"two", "three"});
    CHECK(message_texts(someone.poll("")[0]).empty());
}

TEST_CASE("A poll of another epoch is told to start anew", "[polling]") {
    chat_site chat;
    polling_client someone(chat, "");
    someone.post_message("one");
    const json frames = someone.poll("after=1&epoch=0123456789abcdef");
    CHECK(frames[0]["type"] == "reset");
    CHECK(message_texts(frames[0]) == strings{"one"});
}

TEST_CASE("A poll from before the history or beyond the last message is told to start anew", "[polling]") {
    chat_site chat;
    polling_client someone(chat, "", "lobby", "short");
    for (const char* text : {"a", "b", "c", "d", "e"}) someone.post_message(text);
    const std::string epoch = someone.poll("after=5")[0]["epoch"];
    const auto poll = [&](int after) {
        return someone.poll("after=" + std::to_string(after) + "&epoch=" + epoch).at(0);
    };
    for (const int after : {1, 9}) {
        CHECK(poll(after)["type"] == "reset");
        CHECK(message_texts(poll(after)) == strings{"c", "d", "e"});
    }
    CHECK(poll(2)["type"] == "history");
    CHECK(message_texts(poll(2)) == strings{"c", "d", "e"});
    CHECK(poll(4)["type"] == "history");
    CHECK(message_texts(poll(4)) == strings{"e"});
}

TEST_CASE("A room that is not there has no messages, and none is made", "[polling]") {
    chat_site chat;
    const json frames = polling_client(chat, "", "nowhere").poll("after=0");
    CHECK(frames[0]["type"] == "history");
    CHECK(frames[0]["last"] == 0);
    CHECK(message_texts(frames[0]).empty());
    CHECK(chat.log.empty());
    CHECK(chat.rooms.size() == 0);
}

TEST_CASE("A poll that goes on in a room that is gone is told at once to start anew", "[polling]") {
    chat_site chat;
    int number = 0;
    for (const char* query : {"after=7", "after=7&epoch=0123456789abcdef", "after=0&epoch=0123456789abcdef"}) {
        for (const std::string& client : {std::string(), token_query(ann_token)}) {
            CAPTURE(query, client);
            const json frames =
                polling_client(chat, client, "gone-" + std::to_string(++number)).poll(query + std::string("&wait=50"));
            CHECK(frames[0]["type"] == "reset");
            CHECK(frames[0]["last"] == 0);
            CHECK(message_texts(frames[0]).empty());
        }
    }
}

TEST_CASE("Polls and posts go over one connection", "[polling]") {
    chat_site chat;
    polling_client someone(chat, "");
    auto browser = chat.world.http();
    for (int i = 0; i < 20; ++i) {
        const std::string number = std::to_string(i);
        CHECK(browser.post("/send/chat/lobby/", json{{"message", number}}.dump()).status == 200);
        CHECK(message_texts(json::parse(browser.get(someone.poll_path("after=" + number)).body)[0]) == strings{number});
    }
}

TEST_CASE("Polls that are sent at once are answered in order", "[polling]") {
    chat_site chat;
    polling_client someone(chat, "");
    strings all;
    std::string requests;
    for (int i = 0; i < 5; ++i) {
        all.push_back(std::to_string(i));
        someone.post_message(all.back());
        requests += "GET " + someone.poll_path("after=" + all.back()) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
    someone.polling.send_bytes(requests);
    for (int i = 0; i < 5; ++i) CHECK(message_texts(someone.frames()[0]) == strings(all.begin() + i, all.end()));
}

TEST_CASE("A HEAD is answered without a body, and joins nobody", "[polling]") {
    chat_site chat;
    const auto answer = chat.world.http().request("HEAD", polling_client(chat, ann()).poll_path("after=0&wait=50"));
    CHECK(answer.status == 200);
    CHECK(answer.body.empty());
    CHECK(chat.log.empty());
}

TEST_CASE("The answer to a poll is JSON, and not to be kept", "[polling]") {
    chat_site chat;
    const auto answer = polling_client(chat, "").try_poll();
    CHECK(answer.header("Cache-Control") == "no-store");
    CHECK(answer.header("Content-Type") == "application/json");
}

TEST_CASE("A poll that asks for what can't be is told what is wrong with it", "[polling]") {
    chat_site chat;
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"after=x", "after"},
        {"after=-1", "after"},
        {"last=x", "last"},
        {"wait=x", "wait"},
        {"wait=" + std::string(30, '1'), "wait"},
        {"epoch=a", "after"},
        {"client=short", "client"},
        {"client=" + std::string(20, 'x') + "%C3%BC", "client"},
        {"name=", "name"},
        {"name=" + std::string(51, 'x'), "name"},
        {"after=0&session=" + std::string(65, 'x'), "session"}};
    for (const auto& [query, named] : wrong) {
        CAPTURE(query);
        const auto answer = polling_client(chat, "").try_poll(query);
        CHECK(answer.status == 400);
        CHECK(answer.body.find(named) != std::string::npos);
    }
    CHECK(chat.log.empty());
}
