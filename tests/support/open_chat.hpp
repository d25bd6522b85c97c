#pragma once
// A chat that is open to every transport, and those who use it by HTTP: for the tests of roompp/http_rooms.hpp.

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

namespace transports {

using nlohmann::json;
namespace t = roompp::testing;

using strings = std::vector<std::string>;

inline constexpr const char* ann_token = "ann-0123456789abcdef";
inline constexpr const char* ben_token = "ben-0123456789abcdef";

/// A person's part of a query.
inline std::string as(const std::string& token, const std::string& name = {}) {
    return "client=" + token + (name.empty() ? "" : "&name=" + name);
}
inline std::string ann() { return as(ann_token, "Ann"); }
inline std::string ben() { return as(ben_token, "Ben"); }

/// Rooms at `/ws|poll|events|send/chat/{room}/`, and others, with a short history, at `.../short/{room}/`. They do as some
/// messages tell them, and write down who comes and goes.
class open_chat {
    using kept_room = roompp::basic_room<roompp::ring_history<2000>, roompp::presence>;
    using forgetful_room = roompp::basic_room<roompp::ring_history<3>>;

public:
    explicit open_chat(const roompp::limits& bounds = {}, std::uint64_t seed = 0, std::size_t threads = 1)
        : world(set_up(bounds, threads), seed) {}

    [[nodiscard]] std::ptrdiff_t count(const std::string& line) const {
        return std::count(lines.begin(), lines.end(), line);
    }

    strings lines;
    roompp::rooms<kept_room> rooms;
    roompp::rooms<forgetful_room> forgetful;
    roompp::server server;
    t::world world;

private:
    roompp::server& set_up(const roompp::limits& bounds, std::size_t threads) {
        server.threads(threads).limits(bounds).on_error([this](const std::exception_ptr& what) {
            try {
                std::rethrow_exception(what);
            } catch (const std::exception& e) {
                lines.push_back(std::string("error: ") + e.what());
            }
        });
        const roompp::v1_protocol protocol;
        make_talkative(rooms);
        server.websocket("/ws/chat/{room}/", rooms, protocol);
        roompp::http_rooms(server, rooms, protocol)
            .poll_route("/poll/chat/{room}/")
            .event_route("/events/chat/{room}/")
            .post_route("/send/chat/{room}/");

        make_talkative(forgetful);
        roompp::http_rooms(server, forgetful, protocol)
            .on_connect([](const roompp::request& asked, roompp::connect_reply& answer) {
                if (asked.query("token") == "bad") return answer.refuse(401, "A good token is needed.\n");
                if (const auto user = asked.cookie("user")) answer.identify({*user, "User " + *user, ""});
            })
            .origins({"https://friend.example"})
            .poll_route("/poll/short/{room}/")
            .event_route("/events/short/{room}/")
            .post_route("/send/short/{room}/");
        return server;
    }

    template <class Room>
    void make_talkative(roompp::rooms<Room>& those) {
        those.on_join([this](Room& room, auto& member) {
            lines.push_back("joined " + room.name() + ' ' + member.person().name);
        });
        those.on_leave([this](Room& room, auto& member, const roompp::close_event& how) {
            lines.push_back("left " + room.name() + ' ' + member.person().name + ' ' + std::to_string(how.code));
        });
        those.on_admit([](Room& room, auto&, roompp::join_reply& answer) {
            if (room.name() == "closed") answer.refuse(4001, "nobody may \"enter\"");
        });
        those.on_message([](Room& room, auto& member, std::string_view text) {
            if (text == "/kick me") return member.close(4000, "as you wish");
            if (text == "/kick all") return room.close(4002, "everybody out");
            if (text == "/leave") {
                member.send("farewell");
                return member.leave();
            }
            if (text == "/nothing") return;
            if (text == "/only me") return member.send("only you");
            if (text == "/flood me") {
                for (int i = 0; i < 2000; ++i) room.signal(R"({"padding":")" + std::string(100, 'x') + "\"}");
                return;
            }
            if (text == "/throw") throw std::runtime_error("a room was told to throw");
            member.broadcast(text);
        });
    }
};

/// The messages in a history.
inline strings texts(const json& history) {
    strings all;
    for (const json& one : history.at("messages")) all.push_back(one.at("message"));
    return all;
}

/// What there is of one member of each of these objects.
inline strings each(const json& objects, const char* member) {
    strings all;
    for (const json& one : objects) all.push_back(one.value(member, ""));
    return all;
}

/// Somebody who polls and posts, on a connection for each.
class visitor {
public:
    /// @param who as ann() and ben() have it; empty: nobody in particular.
    visitor(open_chat& chat, std::string who, std::string room = "lobby", std::string way = "chat")
        : polling(chat.world.http()),
          posting(chat.world.http()),
          who_(std::move(who)),
          where_('/' + way + '/' + room + "/?") {}

    /// Polls, and does not look at the answer yet.
    visitor& start_poll(const std::string& query) {
        polling.start("GET", poll_path(query));
        return *this;
    }
    /// Whether the poll is not answered yet.
    [[nodiscard]] bool is_held() { return polling.is_waiting(); }
    /// The answer to the poll: frames.
    [[nodiscard]] json frames() {
        const auto answer = polling.reply();
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        return json::parse(answer.body);
    }
    /// Polls, and is answered at once.
    json poll(const std::string& query = "after=0") { return start_poll(query).frames(); }
    /// Polls, and may be refused.
    t::http_reply ask(const std::string& query = "after=0") { return polling.get(poll_path(query)); }

    t::http_reply post(const std::string& body) { return posting.post("/send" + where_ + who_, body); }
    t::http_reply post_text(const std::string& text) { return post(json{{"message", text}}.dump()); }
    /// Says something.
    /// @returns its number.
    std::uint64_t say(const std::string& text) {
        const auto answer = post_text(text);
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        const json told = json::parse(answer.body);
        REQUIRE(told["type"] == "ack");
        return told["id"];
    }

    [[nodiscard]] std::string poll_path(const std::string& query) const {
        return "/poll" + where_ + query + '&' + who_;
    }

    t::http_client polling;
    t::http_client posting;

private:
    std::string who_;
    std::string where_;
};

/// Somebody with an event stream.
class listener {
public:
    listener(open_chat& chat, const std::string& who, const std::string& room = "lobby",
             const t::http_client::headers& more = {})
        : http(chat.world.http()) {
        http.start("GET", "/events/chat/" + room + "/?" + who, {}, more);
        REQUIRE(http.reply_so_far().status == 200);
        REQUIRE(http.reply_so_far().header("Content-Type") == "text/event-stream");
    }

    /// The next frame.
    json frame() {
        const auto event = http.receive_event();
        INFO(event.data);
        REQUIRE(event.type == "message");
        last_id = event.id;
        return json::parse(event.data);
    }
    /// The next frame of that type; those before it are passed over.
    json frame_of(const char* type) {
        for (;;)
            if (json one = frame(); one["type"] == type) return one;
    }
    /// The frame with which the stream ends; those before it are passed over.
    json farewell() {
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

}  // namespace transports
