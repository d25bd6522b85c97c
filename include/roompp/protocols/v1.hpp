#pragma once
// Add-on: the protocols of a chat in JSON, roompp.v1 and that of the Django Channels tutorial. Uses nlohmann/json; not
// part of the umbrella header.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <websocketpp/base64/base64.hpp>
#include <websocketpp/sha1/sha1.hpp>
#include <websocketpp/utf8_validator.hpp>

#include <roompp/config.hpp>
#include <roompp/protocols/json.hpp>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/text.hpp>
#include <roompp/http/request.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/session.hpp>
#include <roompp/protocols/raw.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The frames of roompp.v1 as JSON text; docs/protocol.md says what each of them means. Safe from any thread.
namespace v1_frames {

namespace detail {

// What is not UTF-8 is replaced, never an error: the text may come from anywhere in the application.
[[nodiscard]] inline std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
[[nodiscard]] inline std::string milliseconds(std::chrono::system_clock::time_point at) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count());
}
// `"id":...,"name":...`, and the data if there is any.
[[nodiscard]] inline std::string members_of(const person& who) {
    std::string text = R"("id":)" + json_text(who.id) + R"(,"name":)" + json_text(who.name);
    if (!who.data.empty()) text += R"(,"data":)" + json_text(who.data);
    return text;
}
[[nodiscard]] inline std::string of(const person* who) { return who ? '{' + members_of(*who) + '}' : "null"; }
[[nodiscard]] inline std::string message_member(payload message) {
    if (message.is_text()) return R"("message":)" + json_text(message);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data().data());
    return R"("base64":)" + json_text(websocketpp::base64_encode(bytes, message.size()));
}
[[nodiscard]] inline std::string message_members(const room_event& event) {
    return R"("id":)" + std::to_string(event.id) + R"(,"from":)" + of(event.sender) + R"(,"at":)" +
           milliseconds(event.at) + ',' + message_member(event.message);
}

}  // namespace detail

/// An event; the signal's payload is JSON, or else becomes a string.
[[nodiscard]] inline std::string event(const room_event& what) {
    switch (what.kind) {
        case event_kind::message:
            return R"({"type":"message",)" + detail::message_members(what) + '}';
        case event_kind::direct:
            return R"({"type":"direct","from":)" + detail::of(what.sender) +
                   (what.recipient.empty() ? std::string() : R"(,"to":)" + detail::json_text(what.recipient)) +
                   R"(,"at":)" + detail::milliseconds(what.at) + ',' + detail::message_member(what.message) + '}';
        case event_kind::signal:
            return R"({"type":"signal","from":)" + detail::of(what.sender) + R"(,"signal":)" +
                   (nlohmann::json::accept(what.message.data()) ? std::string(what.message.data())
                                                                : detail::json_text(what.message)) +
                   '}';
        case event_kind::join:
            return R"({"type":"join","member":{)" + detail::members_of(*what.sender) + R"(,"since":)" +
                   detail::milliseconds(what.at) + "}}";
        case event_kind::leave:
            return R"({"type":"leave","member":)" + detail::of(what.sender) + '}';
    }
    return {};
}

/// The first frame: `history`, or `reset` for a client that can't go on from where it was.
[[nodiscard]] inline std::string history(const join_snapshot& first) {
    std::string text =
        first.recovery == recovery::reset ? R"({"type":"reset","epoch":)" : R"({"type":"history","epoch":)";
    text += detail::json_text(first.epoch) + R"(,"last":)" + std::to_string(first.last_id) + R"(,"you":)" +
            detail::of(first.self) + R"(,"messages":[)";
    const char* separator = "";
    for (const room_event& one : first.messages) {
        text += std::exchange(separator, ",") + ('{' + detail::message_members(one) + '}');
    }
    return text + "]}";
}

/// Who is in the room: the second frame, and again for those who have missed who came and went.
[[nodiscard]] inline std::string presence(std::size_t count, const std::vector<presence_entry>& people) {
    std::string text = R"({"type":"presence","count":)" + std::to_string(count) + R"(,"members":[)";
    const char* separator = "";
    for (const presence_entry& one : people)
        text += std::exchange(separator, ",") + ('{' + detail::members_of(*one.person)) + R"(,"since":)" +
                detail::milliseconds(one.since) + R"(,"connections":)" + std::to_string(one.connections) + '}';
    return text + "]}";
}

/// Confirms a client's frame; `number` is the one it had, 0 for none, `id` is that of its message, 0 for none.
[[nodiscard]] inline std::string ack(std::uint64_t number, std::uint64_t id = 0) {
    std::string text = R"({"type":"ack")";
    if (number != 0) text += R"(,"ack":)" + std::to_string(number);
    if (id != 0) text += R"(,"id":)" + std::to_string(id);
    return text + '}';
}

/// Says what was wrong; `number` is that of the frame it is about, if it had one.
[[nodiscard]] inline std::string error(std::string_view code, std::string_view text,
                                       std::optional<std::uint64_t> number = {}) {
    std::string frame =
        R"({"type":"error","error":)" + detail::json_text(code) + R"(,"message":)" + detail::json_text(text);
    if (number) frame += R"(,"ack":)" + std::to_string(*number);
    return frame + '}';
}

}  // namespace v1_frames

/// The WebSocket subprotocol `roompp.v1`: JSON envelopes with message numbers, history on entering, recovery after a lost
/// connection, presence, private messages, signals and acknowledgements. Give it to a route of rooms:
/// `server.websocket("/ws/chat/{room}/", rooms, roompp::v1_protocol())`.
///
/// Who a client is comes from on_connect() of the route (connect_reply::identify()); otherwise from the request's query:
/// `name` to show, and `client`, a random text of 16 to 64 letters, digits, '-' or '_' that the page keeps. The public id is
/// made from `client` and a secret of the server (request::server_secret()), so that nobody can take another's place.
class v1_protocol {
public:
    static constexpr std::string_view subprotocol = "roompp.v1";
    using join_options_type = join_options<connection::batch_type>;

    v1_protocol() = default;

    /// Whether clients may send private messages, yes by default: message hooks do not see them.
    v1_protocol& direct_messages(bool allowed) {
        may_direct_ = allowed;
        return *this;
    }
    /// Whether clients may send signals, yes by default: message hooks do not see them.
    v1_protocol& client_signals(bool allowed) {
        may_signal_ = allowed;
        return *this;
    }
#ifndef signals  // a macro of Qt's
    [[deprecated("use client_signals()")]] v1_protocol& signals(bool allowed) { return client_signals(allowed); }
#endif

    [[nodiscard]] bool allows_direct_messages() const noexcept { return may_direct_; }
    [[nodiscard]] bool allows_signals() const noexcept { return may_signal_; }

    void ask(const request& from, connect_reply& answer, join_options_type& how) const {
        how.encoding = frames_;
        read_resume(from, answer, how);
        if (how.person.id.empty() && how.person.name.empty()) read_person(from, answer, how.person);
    }

    template <class Room>
    [[nodiscard]] std::unique_ptr<net::session> open(rooms<Room> directory, const std::shared_ptr<connection>& opened,
                                                     std::string room, join_options_type how) const {
        return std::make_unique<session<Room>>(*opened, directory.join(opened, std::move(room), std::move(how)),
                                               may_direct_, may_signal_);
    }

    /// What a client's frame asks for, done in a room. `answer(room, member, std::string)` is called, at most once, with the frame that
    /// answers it, on the room's home loop. For every transport of this protocol.
    /// @param always whether a frame without a number of its own is answered as well if all is well.
    template <class Room, class Answer>
    static void handle(typename rooms<Room>::membership& its, payload frame, bool may_direct, bool may_signal,
                       Answer answer, bool always = false) {
        const auto json = frame.is_text() ? parse_json(frame.data()) : nlohmann::json();
        const auto number = number_of(json);
        const auto text = string_member(json, "message");
        const auto type = string_member(json, "type");
        const auto wrong = [&](const char* code, const char* what) {
            its.visit(frame.size(), [answer, told = v1_frames::error(code, what, number)](Room& room, auto& member) {
                answer(room, member, told);
            });
        };
        if (!json.is_object())
            return wrong("malformed", R"(Send a JSON object, such as {"type": "message", "message": "hi"}.)");
        if (type == "ping")
            return its.visit(frame.size(), [answer, number](Room& room, auto& member) {
                answer(room, member, v1_frames::ack(number.value_or(0)));
            });
        if (type == "signal") {
            if (!may_signal) return wrong("unknown_type", "There are no signals here.");
            if (!json.contains("signal")) return wrong("malformed", "A signal needs a member 'signal'.");
            return its.visit(frame.size(),
                             [answer, number, always, signal = json["signal"].dump(-1, ' ', false, replace)](
                                 Room& room, auto& member) {
                                 member.signal(signal);
                                 if (number || always) answer(room, member, v1_frames::ack(number.value_or(0)));
                             });
        }
        if (type && type != "message" && type != "direct")
            return wrong("unknown_type", "This type is not known here: send 'message', 'direct', 'signal' or 'ping'.");
        if (!text) return wrong("malformed", "A message needs a member 'message' that is a string.");
        if (type == "direct") {
            const auto to = string_member(json, "to");
            if (!may_direct) return wrong("unknown_type", "There are no private messages here.");
            if (!to)
                return wrong("malformed", "A private message needs a member 'to' that is a string: a person's id.");
            return its.visit(
                frame.size(), [answer, number, always, to = *to, message = *text](Room& room, auto& member) {
                    if (member.send_to(to, message) == 0)
                        answer(room, member,
                               v1_frames::error("no_such_person", "This person is not here any more.", number));
                    else if (number || always)
                        answer(room, member, v1_frames::ack(number.value_or(0)));
                });
        }
        its.receive(*text, [answer, number, always](Room& room, auto& member, std::uint64_t id) {
            if (!number && !always) return;
            answer(room, member,
                   id != 0 ? v1_frames::ack(number.value_or(0), id)
                           : v1_frames::error("dropped", "This message was not passed on.", number));
        });
    }

    /// The number under which a client wants to have its frame acknowledged: 1 to 2^53 - 1, which is what a page can count.
    [[nodiscard]] static std::optional<std::uint64_t> number_of(const nlohmann::json& frame) {
        if (!frame.is_object()) return std::nullopt;
        const auto found = frame.find("ack");
        if (found == frame.end() || !found->is_number_unsigned()) return std::nullopt;
        const auto number = found->get<std::uint64_t>();
        if (number == 0 || number >= (std::uint64_t{1} << 53U)) return std::nullopt;
        return number;
    }

private:
    static constexpr auto replace = nlohmann::json::error_handler_t::replace;

    class frames final : public encoding<connection::batch_type> {
    public:
        void append(net::frame_batch& to, const room_event& event) const override {
            to.append(payload(v1_frames::event(event)));
        }
        void append(net::frame_batch& to, const join_snapshot& first) const override {
            to.append(payload(v1_frames::history(first)));
            if (first.has_presence) to.append(payload(v1_frames::presence(first.people_count, *first.people)));
        }
    };

    template <class Room>
    class session final : public net::session {
    public:
        session(connection& its, typename rooms<Room>::membership joined, bool may_direct, bool may_signal)
            : connection_(its), membership_(std::move(joined)), may_direct_(may_direct), may_signal_(may_signal) {}

        void on_message(payload received) override {
            handle<Room>(membership_, received, may_direct_, may_signal_,
                         [](Room&, auto& member, const std::string& frame) { member.write(frame); });
        }
        void on_rate_limited(payload dropped) override {
            constexpr std::size_t worth_reading = 4096;
            std::optional<std::uint64_t> number;
            if (dropped.is_text() && dropped.size() <= worth_reading) number = number_of(parse_json(dropped.data()));
            connection_.send(v1_frames::error("rate_limited", "You send too fast; this message was dropped.", number));
        }
        void on_drain() override {
            if constexpr (Room::presence_type::tells)
                membership_.visit([](Room& room, auto& member) {
                    member.write(v1_frames::presence(room.people_count(), room.people()));
                });
        }
        void on_close(const close_event& how) override { membership_.leave(how); }

    private:
        connection& connection_;  // which owns this
        typename rooms<Room>::membership membership_;
        bool may_direct_;
        bool may_signal_;
    };

    static std::optional<std::string> string_member(const nlohmann::json& json, const char* key) {
        if (!json.is_object()) return std::nullopt;
        const auto found = json.find(key);
        if (found == json.end() || !found->is_string()) return std::nullopt;
        return found->get<std::string>();
    }

    static void read_resume(const request& from, connect_reply& answer, join_options_type& how) {
        const auto epoch = from.query("epoch");
        const auto after = from.query("after");
        const auto last = from.query("last");
        how.history_limit = after ? (std::numeric_limits<std::size_t>::max)() : 0;
        if (last) {
            const auto wanted = detail::whole_number(*last);
            if (!wanted) return answer.refuse(400, "'last' must be a whole number: how many messages you want.\n");
            how.history_limit = static_cast<std::size_t>(*wanted);
        }
        if (!epoch && !after) return;
        const auto id = after ? detail::whole_number(*after) : std::nullopt;
        if (!id) return answer.refuse(400, "'after' must be a whole number: that of the last message you got.\n");
        how.resume = std::make_shared<const resume_point>(resume_point{epoch.value_or(""), *id});
    }

    static void read_person(const request& from, connect_reply& answer, person& who) {
        if (const auto name = from.query("name")) {
            if (!is_good_name(*name))
                return answer.refuse(400, "'name' must be 1 to 50 characters of text, without line breaks.\n");
            who.name = *name;
        }
        if (const auto client = from.query("client")) {
            if (!is_good_token(*client))
                return answer.refuse(400, "'client' must be 16 to 64 letters, digits, '-' or '_'.\n");
            who.id = public_id(from.server_secret(), *client);
        }
    }

    [[nodiscard]] static bool is_good_name(const std::string& name) {
        if (name.empty() || name.size() > 200 || !websocketpp::utf8_validator::validate(name)) return false;
        std::size_t characters = 0;
        for (const char c : name) {
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
            if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++characters;
        }
        return characters <= 50 && name.find_first_not_of(' ') != std::string::npos;
    }
    [[nodiscard]] static bool is_good_token(const std::string& token) {
        return token.size() >= 16 && token.size() <= 64 &&
               token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
                   std::string::npos;
    }
    [[nodiscard]] static std::string public_id(std::string_view secret, const std::string& client) {
        const std::string text = std::string(secret) + client;
        unsigned char hash[20];
        websocketpp::sha1::calc(text.data(), text.size(), hash);
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < 8; ++i) number = number << 8U | hash[i];
        return detail::to_hex(number, 16);
    }

    std::shared_ptr<const frames> frames_ = std::make_shared<const frames>();
    bool may_direct_ = true;
    bool may_signal_ = true;
};

/// The format of the Django Channels tutorial, for clients that ask for no subprotocol: `{"message": "hi"}` both ways, and
/// nothing else.
class django_channels_protocol {
public:
    static constexpr std::string_view subprotocol{};
    using join_options_type = join_options<connection::batch_type>;

    void ask(const request&, connect_reply&, join_options_type& how) const { how.encoding = frames_; }

    template <class Room>
    [[nodiscard]] std::unique_ptr<net::session> open(rooms<Room> directory, const std::shared_ptr<connection>& opened,
                                                     std::string room, join_options_type how) const {
        return std::make_unique<session<Room>>(*opened, directory.join(opened, std::move(room), std::move(how)));
    }

private:
    class frames final : public encoding<connection::batch_type> {
    public:
        void append(net::frame_batch& to, const room_event& event) const override {
            if (event.kind == event_kind::message || event.kind == event_kind::direct)
                to.append(payload('{' + v1_frames::detail::message_member(event.message) + '}'));
        }
        void append(net::frame_batch&, const join_snapshot&) const override {}
    };

    template <class Room>
    class session final : public net::session {
    public:
        session(connection& its, typename rooms<Room>::membership joined)
            : connection_(its), membership_(std::move(joined)) {}

        void on_message(payload received) override {
            const auto text = json_string(received, "message");
            if (text) return membership_.receive(*text);
            connection_.send(R"({"error": "Send {\"message\": \"some text\"}."})");
        }
        void on_rate_limited(payload) override {
            connection_.send(R"({"error": "You send too fast; this message was dropped."})");
        }
        void on_close(const close_event& how) override { membership_.leave(how); }

    private:
        connection& connection_;  // which owns this
        typename rooms<Room>::membership membership_;
    };

    std::shared_ptr<const frames> frames_ = std::make_shared<const frames>();
};

/// The name of v1_protocol before 0.2; goes with 0.3.
using v1 [[deprecated("use roompp::v1_protocol")]] = v1_protocol;

/// The name of django_channels_protocol before 0.2; goes with 0.3.
using json_messages [[deprecated("use roompp::django_channels_protocol")]] = django_channels_protocol;

ROOMPP_NAMESPACE_END
