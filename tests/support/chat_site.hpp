#pragma once
// A chat on every transport, and its clients over HTTP: for the tests of roompp/http_rooms.hpp.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "catch_json.hpp"
#include "message_texts.hpp"

namespace support {

using nlohmann::json;
namespace t = roompp::testing;

using strings = std::vector<std::string>;

inline constexpr const char* ann_token = "ann-0123456789abcdef";
inline constexpr const char* ben_token = "ben-0123456789abcdef";

/// The part of a query that identifies a person.
inline std::string token_query(const std::string& token, const std::string& name = {}) {
    return "client=" + token + (name.empty() ? "" : "&name=" + name);
}
inline std::string ann() { return token_query(ann_token, "Ann"); }
inline std::string ben() { return token_query(ben_token, "Ben"); }

/// Rooms at `/ws|poll|events|send/chat/{room}/`, and others, with a short history, at `.../short/{room}/`. Some messages
/// are commands to their hooks, which log joins and leaves.
class chat_site {
    using long_room = roompp::basic_room<roompp::ring_history<2000>, roompp::presence>;
    using short_room = roompp::basic_room<roompp::ring_history<3>>;

public:
    explicit chat_site(const roompp::limits& limits = {}, std::uint64_t seed = 0, std::size_t threads = 1)
        : world(set_up(limits, threads), seed) {}

    [[nodiscard]] std::ptrdiff_t count(const std::string& line) const {
        return std::count(log.begin(), log.end(), line);
    }

    strings log;
    roompp::rooms<long_room> rooms;
    roompp::rooms<short_room> short_rooms;
    roompp::server server;
    t::world world;

private:
    roompp::server& set_up(const roompp::limits& limits, std::size_t threads);
    template <class Room>
    void add_hooks(roompp::rooms<Room>& directory);
};

/// The values of one field of several objects.
inline strings field_values(const json& objects, const char* field) {
    strings all;
    for (const json& object : objects) all.push_back(object.value(field, ""));
    return all;
}

/// A client that polls and posts, on a connection for each.
class polling_client {
public:
    /// @param identity a query such as ann() or ben(); empty: anonymous.
    polling_client(chat_site& chat, std::string identity, std::string room = "lobby", std::string path = "chat")
        : polling(chat.world.http()),
          posting(chat.world.http()),
          identity_(std::move(identity)),
          location_('/' + path + '/' + room + "/?") {}

    /// Polls without looking at the response.
    polling_client& start_poll(const std::string& query) {
        polling.start("GET", poll_path(query));
        return *this;
    }
    /// Whether the poll is pending.
    [[nodiscard]] bool is_waiting() { return polling.is_waiting(); }
    /// The frames of the poll's response.
    [[nodiscard]] json frames() {
        const auto answer = polling.reply();
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        return json::parse(answer.body);
    }
    /// Polls, and receives the response at once.
    json poll(const std::string& query = "after=0") { return start_poll(query).frames(); }
    /// Polls, and may be refused.
    t::http_reply try_poll(const std::string& query = "after=0") { return polling.get(poll_path(query)); }

    t::http_reply post(const std::string& body) { return posting.post("/send" + location_ + identity_, body); }
    t::http_reply post_text(const std::string& text) { return post(json{{"message", text}}.dump()); }
    /// Posts a message. @returns its number.
    std::uint64_t post_message(const std::string& text) {
        const auto answer = post_text(text);
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        const json ack = json::parse(answer.body);
        REQUIRE(ack["type"] == "ack");
        return ack["id"];
    }

    [[nodiscard]] std::string poll_path(const std::string& query) const {
        return "/poll" + location_ + query + '&' + identity_;
    }

    t::http_client polling;
    t::http_client posting;

private:
    std::string identity_;
    std::string location_;
};

/// A client of an event stream.
class stream_client {
public:
    stream_client(chat_site& chat, const std::string& identity, const std::string& room = "lobby",
                  const t::http_client::headers& more = {})
        : http(chat.world.http()) {
        http.start("GET", "/events/chat/" + room + "/?" + identity, {}, more);
        REQUIRE(http.reply_so_far().status == 200);
        REQUIRE(http.reply_so_far().header("Content-Type") == "text/event-stream");
    }

    /// The next frame.
    json next_frame() {
        const auto event = http.receive_event();
        INFO(event.data);
        REQUIRE(event.type == "message");
        last_id = event.id;
        return json::parse(event.data);
    }
    /// The next frame of a type; others before it are skipped.
    json next_frame_of(const char* type) {
        for (;;)
            if (json frame = next_frame(); frame["type"] == type) return frame;
    }
    /// The last frame, of type `close`; others before it are skipped.
    json last_frame() {
        for (;;)
            if (const auto event = http.receive_event(); event.type == "close") {
                CHECK(http.receive_events().empty());
                CHECK_FALSE(http.is_connected());
                return json::parse(event.data);
            }
    }

    t::http_client http;
    std::string last_id;
};

}  // namespace support
