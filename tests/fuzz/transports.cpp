// Fuzzes polling, event streams and posting. An input is lines, each a request: a letter (p, e or s), the query, a tab, the
// Last-Event-ID, a tab, the body.
// Checked:
// - a poll is an array of frames whose first is `history` or `reset`; an event stream is events of such frames;
// - the numbers of messages rise, and are above the one that the client resumes from;
// - a post is acknowledged with a number, or refused with an error; its text is in the history then.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "driver.hpp"
#include "plain_utf8.hpp"

using fuzz::require;
using fuzz::utf8_state;
using nlohmann::json;
using roompp::testing::http_reply;

namespace {

json parse(const std::string& text) {
    require(fuzz::check_utf8(text) == utf8_state::complete, "an answer is UTF-8");
    json parsed = json::parse(text, nullptr, false);
    require(!parsed.is_discarded(), "an answer is JSON");
    return parsed;
}

// The first frame of a client: what it has missed.
void check_start(const json& frame) {
    require(frame.is_object() && (frame["type"] == "history" || frame["type"] == "reset"),
            "the first frame is history or reset");
    std::uint64_t previous = 0;
    for (const json& message : frame["messages"]) {
        const std::uint64_t id = message["id"];
        require(id > previous && id <= frame["last"].get<std::uint64_t>(),
                "the numbers of messages rise up to the last");
        previous = id;
    }
}

class site {
public:
    site() : world_(set_up()), client_(world_.http()) {}

    void send(std::string_view line) {
        if (line.empty()) return;
        const char kind = line.front();
        line.remove_prefix(1);
        const std::string target = std::string(kind == 'e'   ? "/events"
                                               : kind == 's' ? "/send"
                                                             : "/poll") +
                                   "/tea/?" + std::string(fuzz::take_part(line, '\t'));
        roompp::testing::http_client::headers headers;
        const std::string_view last_id = fuzz::take_part(line, '\t');
        if (!last_id.empty()) headers.emplace_back("Last-Event-ID", last_id);
        client_.start(kind == 's' ? "POST" : "GET", target, line, headers);
        if (kind == 'e') return check_events();
        if (client_.is_waiting()) {  // until there is news
            world_.advance(roompp::limits().poll_wait);
            require(!client_.is_waiting(), "a poll is answered in the end");
        }
        const http_reply reply = client_.reply();
        if (reply.status == 200 && kind == 's') {
            require(parse(reply.body)["type"] == "ack", "a post is acknowledged");
        } else if (reply.status == 200) {
            const json frames = parse(reply.body);
            require(frames.is_array() && !frames.empty(), "a poll is an array of frames");
            check_start(frames.front());
        } else {
            check_refusal(reply);
        }
        require(world_.errors().empty(), "nothing is thrown");
    }

private:
    roompp::server& set_up() {
        roompp::limits limits;
        limits.messages_per_second = limits.bytes_per_second = 0;
        server_.limits(limits);
        const roompp::rooms<roompp::basic_room<roompp::ring_history<4>, roompp::presence>> rooms;
        roompp::http_rooms(server_, rooms, roompp::v1_protocol())
            .poll_route("/poll/{room}/")
            .event_route("/events/{room}/")
            .post_route("/send/{room}/");
        return server_;
    }

    void check_events() {
        const http_reply& reply = client_.reply_so_far();
        if (reply.status != 200) return check_refusal(client_.reply());
        require(reply.header("Content-Type").rfind("text/event-stream", 0) == 0, "an event stream says what it is");
        const auto events = client_.receive_events();
        require(!events.empty(), "an event stream begins with an event");
        check_start(parse(events.front().data));
        for (const auto& event : events) (void)parse(event.data);
        client_.drop();
    }

    static void check_refusal(const http_reply& reply) {
        require(reply.status >= 400 && reply.status < 500, "what is refused is the client's fault");
        require(!reply.body.empty() && fuzz::check_utf8(reply.body) == utf8_state::complete, "a refusal has a reason");
    }

    roompp::server server_;
    roompp::testing::world world_;
    roompp::testing::http_client client_;
};

}  // namespace

void fuzz::check(std::string_view bytes) {
    site chat;
    for (int i = 0; i < 10 && !bytes.empty(); ++i) chat.send(take_part(bytes, '\n'));
}
