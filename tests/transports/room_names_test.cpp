// Rooms with names in any script: one room for the clients of every transport.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/json.hpp>

#include "support/chat_site.hpp"

using support::ann;
using support::ben;
using support::chat_site;
using support::json;
using support::polling_client;
using support::stream_client;

namespace {

// Whatever may stand in a segment of a path, as JavaScript's encodeURIComponent() writes it.
std::string encode(std::string_view text) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string path;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos)
            path += c;
        else
            path.append({'%', digits[byte >> 4U], digits[byte & 0xfU]});
    }
    return path;
}

// The statuses of a poll, an event stream and a post.
std::vector<int> statuses(chat_site& chat, const std::string& segment) {
    std::vector<int> all;
    std::vector<support::t::http_client> clients;  // a stream that ends takes its member along
    for (const char* kind : {"poll", "events"}) {
        auto& http = clients.emplace_back(chat.world.http());
        http.start("GET", '/' + std::string(kind) + "/chat/" + segment + "/?" + ann());
        all.push_back(http.reply_so_far().status);
    }
    polling_client poster(chat, ann(), segment);
    all.push_back(poster.post_text("hi").status);
    return all;
}

}  // namespace

TEST_CASE("A room with a name in any script is one room on every transport", "[http_rooms]") {
    for (const std::string name : {"caf\u00e9", "\u623f\u95f4", "a b", "user@example.org", "a:b", "<b>\"&'", "50%",
                                   "a+b", "?#", "\U0001F388", "\u05d7\u05d3\u05e8"}) {
        CAPTURE(name);
        chat_site chat;
        const std::string segment = encode(name);
        auto socket = chat.world.client("/ws/chat/" + segment + "/?" + ben()).subprotocol("roompp.v1").connect();
        stream_client stream(chat, ben(), segment);
        polling_client poller(chat, ann(), segment);
        CHECK(poller.poll().is_array());
        CHECK(poller.post_message("hello") == 1);
        CHECK(stream.next_frame_of("message")["message"] == "hello");
        CHECK(json::parse(socket.receive())["type"] == "history");
        const json listed = chat.rooms.list();
        REQUIRE(listed.size() == 1);
        CHECK(json::parse(listed.dump())[0]["name"] == name);
    }
}

TEST_CASE("A room over HTTP may have no name that a WebSocket's may not have", "[http_rooms]") {
    chat_site chat;
    const std::vector<int> refused{400, 400, 400};
    for (const char* segment :
         {"a%2Fb", "%2e%2e", "%ff", "%C2%85", "%E2%80%AE", "%E2%80%8B", "%EF%BB%BF", "a%00b", "%0a"}) {
        CAPTURE(segment);
        CHECK(statuses(chat, segment) == refused);
    }
    CHECK(chat.rooms.size() == 0);
}

TEST_CASE("Names of rooms may be narrowed to ASCII for every transport", "[http_rooms]") {
    roompp::limits narrow;
    narrow.name_characters = roompp::name_characters::ascii;
    chat_site chat(narrow);
    for (const char* name : {"caf\u00e9", "a b", "user@example.org", "a:b"}) {
        CAPTURE(name);
        CHECK(statuses(chat, encode(name)) == std::vector<int>{400, 400, 400});
        CHECK(chat.world.client("/ws/chat/" + encode(name) + "/").try_connect().status == 400);
    }
    CHECK(statuses(chat, "Tea.room_2-b") == std::vector<int>{200, 200, 200});
}
