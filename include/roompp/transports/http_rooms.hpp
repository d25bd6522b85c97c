#pragma once
// Add-on: rooms over plain HTTP. Polling, long polling and server-sent events beside the WebSocket, on the same rooms, with
// the frames of roompp.v1. Uses nlohmann/json; not part of the umbrella header.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <roompp/config.hpp>
#include <roompp/protocols/json.hpp>
#include <roompp/protocols/v1.hpp>

#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/rate_limiter.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/session.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/server.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/transports/closing_frame.hpp>
#include <roompp/transports/event_stream.hpp>
#include <roompp/transports/poll_connection.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

using batch = connection::batch_type;

/// JSON as it is, anything else as a JSON string.
[[nodiscard]] inline std::string as_json(payload frame) {
    return nlohmann::json::accept(frame.data()) ? std::string(frame.data()) : v1_frames::detail::json_text(frame);
}

/// The events of rooms as the text of an event stream.
class event_frames final : public encoding<batch> {
public:
    void append(batch& to, const room_event& event) const override {
        to.append_bytes(event_text(v1_frames::event(event), event.id != 0 ? id(event.epoch, event.id) : std::string()));
    }
    void append(batch& to, const join_snapshot& first) const override {
        to.append_bytes(event_text(v1_frames::history(first), id(first.epoch, first.last_id)));
        if (first.has_presence) to.append_bytes(event_text(v1_frames::presence(first.people_count, *first.people)));
    }
    void append_frame(batch& to, payload frame) const override {
        if (frame.is_text()) to.append_bytes(event_text(frame));
    }

private:
    static std::string id(std::string_view epoch, std::uint64_t number) {
        return std::string(epoch) + ':' + std::to_string(number);
    }
};

/// The events of rooms as poll_connection wants them: what is in the history is not repeated here.
class poll_frames final : public encoding<batch> {
public:
    void append(batch& to, const room_event& event) const override {
        to.append_bytes(event.kind == event_kind::message ? "\n" : ',' + v1_frames::event(event));
    }
    void append(batch& to, const join_snapshot& first) const override {
        if (first.has_presence) to.append_bytes(',' + v1_frames::presence(first.people_count, *first.people));
    }
    void append_frame(batch& to, payload frame) const override {
        if (frame.is_text()) to.append_bytes(',' + as_json(frame));
    }
};

/// How fast somebody may send: limits::messages_per_second and bytes_per_second.
class rate_limiter {
public:
    /// Counts a message.
    /// @returns whether it is one too many.
    [[nodiscard]] bool is_flood(std::size_t bytes, const limits& bounds, loop::clock::time_point now) noexcept {
        return !messages_.take(1, bounds.messages_per_second, bounds.messages_per_second, now) ||
               !bytes_.take(bytes, bounds.bytes_per_second, bytes_at_once(bounds), now);
    }
    /// After this long without a message it is as if it were new.
    [[nodiscard]] static std::chrono::seconds memory(const limits& bounds) noexcept {
        const std::uint64_t to_fill =
            bounds.bytes_per_second == 0 ? 0 : bytes_at_once(bounds) / bounds.bytes_per_second;
        return std::chrono::seconds(2 + std::min<std::uint64_t>(to_fill, 24 * 3600));
    }

private:
    static std::uint64_t bytes_at_once(const limits& bounds) noexcept {
        return std::max<std::uint64_t>(bounds.bytes_per_second, bounds.message_bytes);
    }

    token_bucket messages_;
    token_bucket bytes_;
};

/// The same for those who are no members yet, by the peer's address: else each request could begin with a full gauge. Knows a
/// bounded number of addresses; those that find no place share a gauge.
class address_rate_limiter {
public:
    [[nodiscard]] bool is_flood(const std::string& address, std::size_t bytes, const limits& bounds,
                                loop::clock::time_point now) {
        if (bounds.messages_per_second == 0 && bounds.bytes_per_second == 0) return false;
        auto found = known_.find(address);
        if (found == known_.end()) {
            if (known_.size() >= most) forget_silent(rate_limiter::memory(bounds), now);
            if (known_.size() >= most) return others_.is_flood(bytes, bounds, now);
            found = known_.emplace(address, one_address{}).first;
        }
        found->second.last_heard = now;
        return found->second.gauge.is_flood(bytes, bounds, now);
    }

private:
    static constexpr std::size_t most = 10'000;

    struct one_address {
        rate_limiter gauge;
        loop::clock::time_point last_heard;
    };

    void forget_silent(std::chrono::seconds memory, loop::clock::time_point now) {
        if (now == looked_) return;  // nothing can have changed, and it takes a while
        looked_ = now;
        for (auto one = known_.begin(); one != known_.end();)
            one = now - one->second.last_heard >= memory ? known_.erase(one) : std::next(one);
    }

    std::unordered_map<std::string, one_address> known_;
    rate_limiter others_;
    loop::clock::time_point looked_{};
};

/// What somebody is told who sends too fast.
[[nodiscard]] inline std::string too_fast() {
    return v1_frames::error("rate_limited", "You send too fast; this message was dropped.");
}

/// The answer to a POST: a frame, as 200 for an acknowledgement, 4xx for an error.
[[nodiscard]] inline response post_response(const std::string& frame) {
    const auto status = [code = json_string(frame, "error")] {
        if (!code) return 200;
        if (*code == "rate_limited") return 429;
        if (*code == "too_large") return 413;
        if (*code == "no_such_person") return 404;
        if (*code == "dropped") return 409;
        return 400;
    };
    return {status(), "application/json", frame + '\n'};
}

/// What somebody is answered whose message is too large.
[[nodiscard]] inline response too_large() {
    return post_response(v1_frames::error("too_large", "This message is larger than the server allows."));
}

/// Answers a POST, once; if nobody does, because the member has left meanwhile, it says so.
class post_answer {
public:
    explicit post_answer(responder to, std::function<void()> done = {}) : to_(std::move(to)), done_(std::move(done)) {}
    post_answer(const post_answer&) = delete;
    post_answer& operator=(const post_answer&) = delete;
    ~post_answer() {
        if (to_.is_open()) {
            const close_event gone{close_code::abnormal, "You are not in this room any more."};
            to_.answer({503, "application/json", closing_frame(gone) + '\n'});
        }
        if (done_) done_();
    }

    void give(const std::string& frame) { to_.answer(post_response(frame)); }

private:
    responder to_;
    std::function<void()> done_;
};

/// A client's membership in a room, by an event stream or by polling. Belongs to the loop of the connection.
template <class Room>
class http_member {
public:
    /// @param listens whether it has an event stream: then what has an `ack` number is acknowledged there as well, behind
    /// the message, so that a client to which its own messages do not come back can tell that its stream gets through.
    http_member(std::shared_ptr<const v1_protocol> protocol, const limits& bounds, bool listens)
        : protocol_(std::move(protocol)), bounds_(bounds), listens_(listens) {}

    void join(rooms<Room> directory, const std::shared_ptr<connection>& its, std::string room,
              join_options<batch> how) {
        connection_ = its;
        how.close_on_leave = true;
        membership_ = directory.join(its, std::move(room), std::move(how));
    }
    void leave(const close_event& how) { membership_.leave(how); }

    /// What the client says by POST.
    void say(const std::string& frame, const std::shared_ptr<post_answer>& answer, loop::clock::time_point now) {
        const auto its = connection_.lock();
        if (!its || !its->is_open()) return;
        if (gauge_.is_flood(frame.size(), bounds_, now)) return answer->give(too_fast());
        v1_protocol::handle<Room>(
            membership_, frame, protocol_->allows_direct_messages(), protocol_->allows_signals(),
            [answer, listens = listens_](Room&, auto& member, const std::string& told) {
                if (listens && told.find(R"("ack":)") != std::string::npos) member.write(told);
                answer->give(told);
            },
            true);
    }

    template <class Action>
    void visit(Action&& action) {
        membership_.visit(std::forward<Action>(action));
    }

private:
    std::shared_ptr<const v1_protocol> protocol_;
    const limits& bounds_;
    bool listens_;
    std::weak_ptr<connection> connection_;
    typename rooms<Room>::membership membership_;
    rate_limiter gauge_;
};

/// What a room's history is as a frame: made once for all who ask from the same point.
class history_text {
public:
    /// @param make returns the welcome whose frame it is to be.
    template <class Make>
    [[nodiscard]] std::string get(const std::string& epoch, std::uint64_t last_id, const resume_point& from,
                                  const person* self, Make&& make) {
        if (epoch != epoch_ || last_id != last_id_ || from.id != from_ || text_.empty()) {
            join_snapshot first = make();
            first.self = nullptr;
            text_ = v1_frames::history(first);
            epoch_ = epoch;
            last_id_ = last_id;
            from_ = from.id;
            // The epoch before it has no quotes.
            self_at_ = text_.find(nobody);
        }
        std::string text = text_;
        if (self) text.replace(self_at_ + nobody.size() - 4, 4, v1_frames::detail::of(self));
        return text;
    }

private:
    static constexpr std::string_view nobody = R"("you":null)";

    std::string epoch_;
    std::uint64_t last_id_ = 0;
    std::uint64_t from_ = 0;
    std::string text_;
    std::size_t self_at_ = 0;
};

/// Whether somebody at that point has got all messages; any epoch is meant if it names none.
template <class Room>
[[nodiscard]] bool is_up_to_date(const Room& room, const resume_point& at) {
    return at.id == room.last_id() && (at.epoch.empty() || at.epoch == room.epoch());
}

/// The history frame for somebody at that point.
template <class Room>
[[nodiscard]] std::string history_of(Room& room, history_text& known, const resume_point* at, std::size_t last,
                                     const person* self) {
    // Where messages have been forgotten meanwhile, what was told before is not to be told again.
    if (at && room.reaches(*at) && last == std::numeric_limits<std::size_t>::max())
        return known.get(room.epoch(), room.last_id(), *at, self, [&] { return room.catch_up(at, last); });
    join_snapshot first = room.catch_up(at, last);
    first.self = self;
    return v1_frames::history(first);
}

/// What stands behind an event stream.
template <class Room>
class stream_session final : public net::session {
public:
    stream_session(std::shared_ptr<http_member<Room>> member, std::function<void()> over)
        : member_(std::move(member)), over_(std::move(over)) {}
    void on_message(payload) override {}
    void on_close(const close_event& how) override {
        member_->leave(how);
        over_();
    }

private:
    std::shared_ptr<http_member<Room>> member_;
    std::function<void()> over_;
};

/// What stands behind a client that polls.
template <class Room>
class polled_room final : public poll_source {
public:
    polled_room(std::shared_ptr<http_member<Room>> member, std::shared_ptr<history_text> known)
        : member_(std::move(member)), known_(std::move(known)) {}

    void on_message(payload) override {}
    void on_close(const close_event& how) override { member_->leave(how); }
    bool is_up_to_date(const resume_point& at) override {
        bool it_is = true;
        member_->visit([&](Room& room, auto&) { it_is = detail::is_up_to_date(room, at); });
        return it_is;
    }
    std::string history(const resume_point* at, std::size_t last) override {
        std::string text;
        member_->visit([&](Room& room, auto& member) { text = history_of(room, *known_, at, last, &member.person()); });
        return text;
    }
    std::string presence() override {
        std::string text;
        if constexpr (Room::presence_type::tells)
            member_->visit([&](Room& room, auto&) { text = v1_frames::presence(room.people_count(), room.people()); });
        return text;
    }
    std::string as_frame(payload message) override { return as_json(message); }

private:
    std::shared_ptr<http_member<Room>> member_;
    std::shared_ptr<history_text> known_;
};

}  // namespace detail

/// Opens rooms to clients without WebSockets, on the same server, port and rooms, with the same ids and history:
///
///     roompp::v1_protocol protocol;
///     server.websocket("/ws/chat/{room}/", rooms, protocol);
///     roompp::http_rooms(server, rooms, protocol)
///         .poll_route("/poll/chat/{room}/")      // GET: answers at once, or, with &wait=SECONDS, when there is news
///         .event_route("/events/chat/{room}/")   // GET: server-sent events
///         .post_route("/send/chat/{room}/");     // POST: says something
///
/// docs/transports.md tells what each of them takes and answers. Clients that poll or have a stream are members like others:
/// hooks, presence and limits are the same. Who may connect is not taken over from the WebSocket route: set on_connect() and
/// origins() here too, or a guarded room is open. The rooms need a history.
///
/// Who makes a new member by a poll or a POST counts by the peer's address for limits::messages_per_second and
/// bytes_per_second, else each request could be a new client with nothing said yet; members have a rate of their own. Those
/// that poll take at most half of limits::connections, and may be limits::connections_per_address at one address, besides
/// its connections.
///
/// A handle: copies are the same. Setters return it, so that they can be chained, and belong before run(), each path once.
template <class Room>
class http_rooms {
    static_assert(Room::history_type::keeps,
                  "roompp: between two polls there is nothing but the room's history: give it one, such as "
                  "roompp::basic_room<roompp::ring_history<100>>");
    static_assert(std::is_same_v<typename Room::connection_type, connection>,
                  "roompp: these rooms are for another type of member than this server's connections");

public:
    /// @param protocol with the same settings as for the WebSocket route. A client is the same person on all transports of
    /// one server.
    http_rooms(server& its, const rooms<Room>& directory, v1_protocol protocol)
        : server_(its), state_(std::make_shared<state>(its, directory, std::move(protocol))) {
        its.attach(directory);
        its.on_start(
            [state = state_](const std::vector<net::shard*>& shards) {
                state->shards = shards;
                state->here.resize(shards.size());
            },
            [state = state_] {
                // They leave, as if they polled no more: a member keeps its connection, and that its member.
                for (place& one : state->here)
                    for (const auto& [room, those] : std::exchange(one.rooms, {}))
                        for (const auto& [key, client] : those.polling) client->leave();
                state->here.clear();
            });
    }

    /// Asked before a client is let in, as websocket_route::on_connect(): `(request, connect_reply)`; it may refuse with an
    /// HTTP status, or say who the client is. It is asked for each poll and each message.
    template <class F>
    http_rooms& on_connect(F&& f) {
        state_->connect = std::forward<F>(f);
        return *this;
    }
    /// Which sites' pages may do this, besides the server's own: see websocket_route::origins(). Their requests may carry
    /// the user's cookies (CORS with credentials) if they are named; with `*`, they may not.
    http_rooms& origins(const std::vector<std::string>& allowed) {
        state_->origins = allowed;
        return *this;
    }

    /// A route for GET: a JSON array of frames, at once, or, with `wait=SECONDS`, when there is something to tell.
    /// @throws std::invalid_argument if the path is no template (see path_template) or is taken.
    http_rooms& poll_route(const std::string& path) {
        server_.get(path,
                    [state = state_](const request& asked, const responder& later) { poll(state, asked, later); });
        return allow(path, "GET, HEAD");
    }
    /// A route for GET: `text/event-stream`, an event for each frame.
    /// @throws std::invalid_argument as poll_route().
    http_rooms& event_route(const std::string& path) {
        server_.get(path,
                    [state = state_](const request& asked, const responder& later) { listen(state, asked, later); });
        return allow(path, "GET, HEAD");
    }
    /// A route for POST: a frame of a client, answered by the frame that acknowledges it.
    /// @throws std::invalid_argument as poll_route().
    http_rooms& post_route(const std::string& path) {
        route_options options;
        options.takes_messages = true;
        options.on_too_large = [state = state_](const request& asked) { return too_large(*state, asked); };
        server_.post(
            path, [state = state_](const request& asked, const responder& later) { say(state, asked, later); },
            options);
        return allow(path, "POST");
    }
    [[deprecated("use poll_route()")]] http_rooms& polls(const std::string& path) { return poll_route(path); }
    [[deprecated("use event_route()")]] http_rooms& events(const std::string& path) { return event_route(path); }
    [[deprecated("use post_route()")]] http_rooms& sends(const std::string& path) { return post_route(path); }

private:
    using member = detail::http_member<Room>;

    // The clients of one room that have no WebSocket, by who they are and their session.
    struct clients {
        std::shared_ptr<detail::history_text> known = std::make_shared<detail::history_text>();
        std::map<std::string, std::shared_ptr<poll_connection>> polling;
        struct speaker {
            std::weak_ptr<member> whose;
            loop* home = nullptr;
        };
        std::map<std::string, speaker> speakers;
    };
    // A poll of nobody in particular, which is held.
    struct observer {
        poll_request asked;
        std::string room;
        responder to;
        loop::clock::time_point until;
    };
    // What belongs to one loop.
    struct place {
        std::map<std::string, clients> rooms;
        std::vector<observer> observers;
        detail::address_rate_limiter handshaking;
        std::size_t polling = 0;
        loop::timer look_again;
    };
    struct state {
        state(server& its, const rooms<Room>& of, v1_protocol speaks)
            : site(its), directory(of), protocol(std::make_shared<const v1_protocol>(std::move(speaks))) {}
        server& site;
        rooms<Room> directory;
        std::shared_ptr<const v1_protocol> protocol;
        handler<void(const request&, connect_reply&)> connect;
        std::vector<std::string> origins;
        std::shared_ptr<const encoding<detail::batch>> as_events = std::make_shared<const detail::event_frames>();
        std::shared_ptr<const encoding<detail::batch>> as_polls = std::make_shared<const detail::poll_frames>();
        std::vector<net::shard*> shards;
        net::connection_limiter addresses;  // of those that poll
        std::vector<place> here;

        [[nodiscard]] std::function<void(std::exception_ptr)> failed() {
            return [&its = site](const std::exception_ptr& what) { its.report(what); };
        }
    };
    using shared_state = std::shared_ptr<state>;

    http_rooms& allow(const std::string& path, const char* methods) {
        server_.options(path,
                        [state = state_, methods](const request& asked) { return preflight(*state, asked, methods); });
        return *this;
    }

    // Who a request is from, and what it wants.
    struct wish {
        std::string room;
        std::string key;  // of the client among those of the room; empty: nobody in particular
        join_options<detail::batch> how;
        std::string peer_address;
        bool is_secure = false;
    };

    // ---- on the loop of the request's connection

    // What others' pages may not do is refused. What they may do they are told in the headers of every answer (Fetch,
    // section 3.3): without these, a page can't even see the status of an error.
    static std::optional<response> refuse_strangers(const state& its, const request& asked,
                                                    detail::header_list& headers) {
        const std::string& origin = asked.header("Origin");
        if (!detail::allows_origin(asked, its.origins))
            return response(403, "Pages of " + origin + " may not use this.\n");
        // A page's plain GET has no Origin.
        const std::string& site = asked.header("Sec-Fetch-Site");
        if (origin.empty() && (site == "cross-site" || site == "same-site") && !names_origin(its, "*"))
            return response(403, "Pages of other sites may not use this.\n");
        headers.emplace_back("Cache-Control", "no-store");
        if (origin.empty()) return std::nullopt;
        headers.emplace_back("Access-Control-Allow-Origin", origin);
        headers.emplace_back("Vary", "Origin");
        // Who is named is trusted with the user's cookies, as over a WebSocket; just anybody is not.
        if (names_origin(its, origin)) headers.emplace_back("Access-Control-Allow-Credentials", "true");
        return std::nullopt;
    }
    static bool names_origin(const state& its, const std::string& origin) {
        return std::any_of(its.origins.begin(), its.origins.end(),
                           [&](const std::string& one) { return detail::same_token(one, origin); });
    }

    // What a browser asks before it lets another site's page do something (Fetch, section 4.8).
    static response preflight(const state& its, const request& asked, const char* methods) {
        response told;
        if (auto refused = refuse_strangers(its, asked, told.headers)) return *refused;
        told.status = 204;
        told.headers.insert(told.headers.end(), {{"Allow", std::string(methods) + ", OPTIONS"},
                                                 {"Access-Control-Allow-Methods", methods},
                                                 {"Access-Control-Allow-Headers", "Content-Type, Last-Event-ID"},
                                                 {"Access-Control-Max-Age", "7200"}});
        return told;
    }

    static response too_large(const state& its, const request& asked) {
        auto told = detail::too_large();
        if (auto refused = refuse_strangers(its, asked, told.headers)) return *refused;
        return told;
    }

    static std::optional<response> read(const shared_state& its, const request& asked, const responder& later,
                                        wish& wanted) {
        detail::header_list headers;
        if (auto refused = refuse_strangers(*its, asked, headers)) return refused;
        later.add_headers(headers);
        connect_reply answer;
        if (its->connect) its->connect(asked, answer);
        if (answer.refused()) return *answer.refused();
        wanted.how.person = answer.person();
        its->protocol->ask(asked, answer, wanted.how);
        if (answer.refused()) return *answer.refused();
        const auto session = asked.query("session").value_or("");
        if (session.size() > 64) return response(400, "'session' must be at most 64 characters.\n");
        wanted.room = detail::room_name(asked);
        if (!wanted.how.person.id.empty()) wanted.key = wanted.how.person.id + '\n' + session;
        wanted.peer_address = asked.peer_address();
        wanted.is_secure = asked.is_secure();
        return std::nullopt;
    }

    static void poll(const shared_state& its, const request& asked, const responder& later) {
        wish wanted;
        if (auto refused = read(its, asked, later, wanted)) {
            later.answer(std::move(*refused));
            return;
        }
        const auto seconds = whole_number(asked.query("wait").value_or("0"));
        if (!seconds) {
            later.answer({400, "'wait' must be a whole number: for how many seconds the answer may be held.\n"});
            return;
        }
        poll_request what{wanted.how.resume, wanted.how.history_limit, {}};
        const auto most = static_cast<std::uint64_t>(longest_wait(its->shards.front()->limits()).count());
        what.wait = std::chrono::seconds(std::min(*seconds, most));
        if (asked.method() == "HEAD") {
            later.answer(response::json({}));
            return;
        }
        loop& home = its->directory.home_of(wanted.room);
        later.on_end([its, &home, room = wanted.room, key = wanted.key](const responder& gone, abort_reason why) {
            if (why == abort_reason::server_stops)
                gone.answer(poll_connection::closed_response({close_code::going_away, "server stops"}));
            home.dispatch([its, &home, room, key, gone] { forget(*its, home, room, key, gone); });
        });
        home.dispatch([its, &home, wanted = std::move(wanted), what = std::move(what), later]() mutable {
            if (wanted.key.empty()) return observe(its, home, wanted.room, std::move(what), later);
            if (const auto client = polling_client(its, home, wanted, 0, later)) client->poll(std::move(what), later);
        });
    }

    static void listen(const shared_state& its, const request& asked, const responder& later) {
        wish wanted;
        if (auto refused = read(its, asked, later, wanted)) {
            later.answer(std::move(*refused));
            return;
        }
        if (const std::string& last = asked.header("Last-Event-ID"); !last.empty()) {
            const std::size_t colon = last.find(':');
            const auto id = whole_number(colon == std::string::npos ? "" : last.substr(colon + 1));
            if (id) {
                wanted.how.resume = std::make_shared<const resume_point>(resume_point{last.substr(0, colon), *id});
                wanted.how.history_limit = std::numeric_limits<std::size_t>::max();
            }
        }
        const auto stream = std::make_shared<event_stream>(asked, later);
        stream->start(
            [&] {
                const auto joined = std::make_shared<member>(its->protocol, its->shards.front()->limits(), true);
                loop& home = its->directory.home_of(wanted.room);
                wanted.how.encoding = its->as_events;
                joined->join(its->directory, stream, wanted.room, std::move(wanted.how));
                // Not before: if it fails, nobody would take the speaker out again.
                if (!wanted.key.empty())
                    home.dispatch([its, &home, room = wanted.room, key = wanted.key, joined, from = &stream->home()] {
                        its->here[home.index()].rooms[room].speakers[key] = {joined, from};
                    });
                return std::make_unique<detail::stream_session<Room>>(
                    joined, [its, &home, room = wanted.room, key = wanted.key, gone = joined.get()] {
                        home.dispatch([its, &home, room, key, gone] { remove_speaker(*its, home, room, key, gone); });
                    });
            },
            its->failed());
    }

    static void say(const shared_state& its, const request& asked, const responder& later) {
        wish wanted;
        if (auto refused = read(its, asked, later, wanted)) {
            later.answer(std::move(*refused));
            return;
        }
        if (asked.body().size() > its->shards.front()->limits().message_bytes) {
            later.answer(detail::too_large());
            return;
        }
        loop& home = its->directory.home_of(wanted.room);
        home.dispatch([its, &home, wanted = std::move(wanted), frame = asked.body(), later]() mutable {
            say_at_home(its, home, wanted, std::move(frame), later);
        });
    }

    // ---- on the room's home loop

    static void say_at_home(const shared_state& its, loop& home, wish& wanted, std::string frame,
                            const responder& later) {
        const bool comes_and_goes = wanted.key.empty();
        if (comes_and_goes) wanted.key = '\n' + new_epoch(home);
        if (!is_heard(*its, home, wanted) && !polling_client(its, home, wanted, frame.size(), later)) return;
        auto& there = its->here[home.index()].rooms[wanted.room];
        const auto found = there.speakers.find(wanted.key);
        const auto poller = there.polling.find(wanted.key);
        const auto client = poller == there.polling.end() ? nullptr : poller->second;
        if (client && !client->is_open()) {
            later.answer(poll_connection::closed_response(client->how_it_was_closed()));
            return client->leave();
        }
        if (client) client->touch();
        std::function<void()> done;
        if (comes_and_goes && client) done = [&home, client] { home.post([client] { client->leave(); }); };
        auto answer = std::make_shared<detail::post_answer>(later, std::move(done));
        if (found == there.speakers.end()) return;  // it was not let in, and says so
        const auto whose = found->second.whose.lock();
        loop& from = *found->second.home;
        from.dispatch([whose, &from, frame = std::move(frame), answer = std::move(answer)] {
            if (whose) whose->say(frame, answer, from.now());
        });
    }

    // Whether the client has a member that can say something.
    static bool is_heard(const state& its, const loop& home, const wish& wanted) {
        const auto& rooms = its.here[home.index()].rooms;
        const auto all = rooms.find(wanted.room);
        if (all == rooms.end()) return false;
        const auto found = all->second.speakers.find(wanted.key);
        return found != all->second.speakers.end() && !found->second.whose.expired();
    }

    // The client that polls, if it is there.
    static std::shared_ptr<poll_connection> find_polling(const state& its, const loop& home, const std::string& room,
                                                         const std::string& key) {
        const auto& rooms = its.here[home.index()].rooms;
        const auto all = rooms.find(room);
        if (all == rooms.end()) return nullptr;
        const auto found = all->second.polling.find(key);
        return found == all->second.polling.end() ? nullptr : found->second;
    }

    // The client that polls, made if it is not there, for a request of so many bytes; null, and the request is answered, if
    // it may not be made.
    static std::shared_ptr<poll_connection> polling_client(const shared_state& its, loop& home, const wish& wanted,
                                                           std::size_t bytes, const responder& later) {
        if (auto found = find_polling(*its, home, wanted.room, wanted.key)) return found;
        net::shard& host = *its->shards[home.index()];
        place& here = its->here[home.index()];
        if (here.handshaking.is_flood(wanted.peer_address, bytes, host.limits(), home.now())) {
            detail::post_answer(later).give(detail::too_fast());
            return nullptr;
        }
        // Those that poll cost their client nothing: they leave half of the places to who has a connection.
        const std::size_t share = host.limits().connections / its->shards.size();
        if (host.stopping() || host.connections() >= share || here.polling >= std::max<std::size_t>(1, share / 2)) {
            later.answer(poll_connection::closed_response({close_code::try_again_later, "the server is full"}));
            return nullptr;
        }
        std::unique_ptr<net::connection_limiter::place> place;
        if (const std::size_t most = host.limits().connections_per_address; most != 0) {
            place = its->addresses.enter(wanted.peer_address, most);
            if (!place) {
                const close_event too_many{close_code::try_again_later, "this address has too many clients"};
                later.answer(poll_connection::closed_response(too_many));
                return nullptr;
            }
        }
        auto& all = here.rooms[wanted.room];
        auto client = std::make_shared<poll_connection>(host, wanted.peer_address, wanted.is_secure, std::move(place));
        all.polling.emplace(wanted.key, client);
        ++here.polling;
        const auto joined = std::make_shared<member>(its->protocol, host.limits(), false);
        all.speakers[wanted.key] = {joined, &home};
        client->start(
            [&] {
                auto how = wanted.how;
                how.encoding = its->as_polls;
                how.resume = nullptr;
                how.history_limit = 0;
                joined->join(its->directory, client, wanted.room, std::move(how));
                return std::make_unique<detail::polled_room<Room>>(joined, all.known);
            },
            [its, &home, room = wanted.room, key = wanted.key, gone = joined.get()] {
                its->here[home.index()].rooms[room].polling.erase(key);
                --its->here[home.index()].polling;
                remove_speaker(*its, home, room, key, gone);
            },
            its->failed());
        return client;
    }

    static void remove_speaker(state& its, loop& home, const std::string& room, const std::string& key,
                               const member* gone) {
        auto& all = its.here[home.index()].rooms[room];
        const auto found = all.speakers.find(key);
        if (found != all.speakers.end()) {
            const auto still = found->second.whose.lock();
            if (!still || still.get() == gone) all.speakers.erase(found);
        }
        forget_if_empty(its, home, room);
    }
    static void forget_if_empty(state& its, loop& home, const std::string& room) {
        auto& all = its.here[home.index()].rooms;
        const auto found = all.find(room);
        if (found != all.end() && found->second.polling.empty() && found->second.speakers.empty()) all.erase(found);
    }

    static void forget(state& its, loop& home, const std::string& room, const std::string& key, const responder& gone) {
        if (const auto client = find_polling(its, home, room, key)) client->forget(gone);
    }

    // ---- polls of nobody in particular: answered from the history alone

    static void observe(const shared_state& its, loop& home, const std::string& room, poll_request asked,
                        const responder& later) {
        place& there = its->here[home.index()];
        const auto until = its->shards[home.index()]->deadline(asked.wait);
        observer one{std::move(asked), room, later, until};
        if (one.asked.wait.count() > 0 && one.asked.after && !has_news(*its, one)) {
            there.observers.push_back(std::move(one));
            if (there.observers.size() == 1) look_again(its, home);
        } else {
            answer(*its, one);
        }
    }

    // Nobody tells when there is news for them: they see it within a second.
    static void look_again(const shared_state& its, loop& home) {
        its->here[home.index()].look_again = home.after(std::chrono::seconds(1), [its, &home] {
            auto& waiting = its->here[home.index()].observers;
            // Taken out meanwhile: an answer may bring the connection's next poll.
            for (observer& one : std::exchange(waiting, {})) {
                if (!one.to.is_open()) continue;
                if (home.now() < one.until && !has_news(*its, one))
                    waiting.push_back(std::move(one));
                else
                    answer(*its, one);
            }
            if (!waiting.empty()) look_again(its, home);
        });
    }

    static bool has_news(const state& its, const observer& one) {
        bool news = has_been_elsewhere(one);
        its.directory.with(one.room, [&](Room& room) { news = !detail::is_up_to_date(room, *one.asked.after); });
        return news;
    }

    // Whether it comes from messages that are gone if there is no room.
    static bool has_been_elsewhere(const observer& one) {
        return one.asked.after && (one.asked.after->id != 0 || !one.asked.after->epoch.empty());
    }

    static void answer(state& its, const observer& one) {
        std::string text;
        const bool there = its.directory.with(one.room, [&](Room& room) {
            detail::history_text nothing_known;
            text = detail::history_of(room, nothing_known, one.asked.after.get(), one.asked.history_limit, nullptr);
        });
        if (!there) {  // whoever comes first is told from the beginning
            join_snapshot empty;
            if (has_been_elsewhere(one)) empty.recovery = recovery::reset;
            text = v1_frames::history(empty);
        }
        one.to.answer(response::json('[' + text + "]\n"));
    }

    // A poll must be answered, if only with nothing, before the server gives it up; to the second, see shard::deadline().
    static std::chrono::seconds longest_wait(const limits& bounds) {
        const std::chrono::seconds margin{3};
        return std::max(std::chrono::seconds(0), std::min(bounds.poll_wait, bounds.answer_timeout - margin));
    }

    static std::optional<std::uint64_t> whole_number(const std::string& text) {
        if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
            return std::nullopt;
        return std::stoull(text);
    }

    server& server_;
    shared_state state_;
};

ROOMPP_NAMESPACE_END
