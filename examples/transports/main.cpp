// One room by short polling, long polling, server-sent events and WebSocket, side by side, with what each of them costs.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <roompp/http_rooms.hpp>
#include <roompp/v1.hpp>

#include "../run.hpp"
#include "pages.hpp"

namespace {

// Whom a request is from: a token of the kind that roompp.v1 takes.
std::optional<std::string> client_of(const roompp::request& from) {
    auto client = from.query("client");
    const auto is_fine = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    if (!client || client->size() < 16 || client->size() > 64 || !std::all_of(client->begin(), client->end(), is_fine))
        return std::nullopt;
    return client;
}

// What the clients of the page have cost so far. The server has one thread, so nothing here needs a lock.
class costs {
public:
    struct figures {
        std::uint64_t requests = 0;
        std::uint64_t up = 0;
        std::uint64_t down = 0;
        std::uint64_t open = 0;  // requests that are not answered yet
    };

    // A client comes; its token is its id in the room, so that what it costs there can be told. `stays`: whether it becomes
    // a WebSocket, which is no answer.
    void asked(const roompp::request& from, roompp::connect_reply& answer, bool stays) {
        const auto client = client_of(from);
        if (!client) return;  // somebody with curl: is not counted
        answer.identify({*client, from.query("name").value_or("Guest"), ""});
        constexpr std::size_t most = 10'000;
        if (by_client_.size() >= most) by_client_.clear();
        figures& its = by_client_[*client];
        ++its.requests;
        its.open += stays ? 0 : 1;
        its.up += from.size();
    }
    void answered(const roompp::request& from, const roompp::response_info& how) {
        const auto found = by_client_.find(client_of(from).value_or(""));
        if (found == by_client_.end()) return;
        if (found->second.open != 0) --found->second.open;
        found->second.down += how.bytes;
    }
    // A WebSocket has ended: what went over it stays counted.
    void ended(const std::string& client, const roompp::traffic& over_it) {
        const auto found = by_client_.find(client);
        if (found == by_client_.end()) return;
        found->second.up += over_it.received;
        found->second.down += over_it.sent;
    }
    [[nodiscard]] figures of(const std::string& client) const {
        const auto found = by_client_.find(client);
        return found == by_client_.end() ? figures() : found->second;
    }

private:
    std::map<std::string, figures> by_client_;
};

bool is_websocket(const roompp::connection& one) { return !one.subprotocol().empty(); }

}  // namespace

int main(int argc, char** argv) {
    return example::run(argc, argv, "Four ways to be up to date",
                        [](roompp::server& server, const example::options& options) {
                            using room = roompp::basic_room<roompp::ring_history<500>>;
                            roompp::rooms<room> rooms;
                            const roompp::v1_protocol protocol;
                            const auto spent = std::make_shared<costs>();

                            rooms.on_leave([spent](room&, room::member& gone, const roompp::close_event&) {
                                if (is_websocket(gone.connection()))
                                    spent->ended(gone.person().id, gone.connection().traffic());
                            });
                            server.websocket("/ws/chat/{room}/", rooms, protocol)
                                .on_connect([spent](const roompp::request& asked, roompp::connect_reply& answer) {
                                    spent->asked(asked, answer, true);
                                });
                            roompp::http_rooms(server, rooms, protocol)
                                .on_connect([spent](const roompp::request& asked, roompp::connect_reply& answer) {
                                    spent->asked(asked, answer, false);
                                })
                                .poll_route("/poll/chat/{room}/")
                                .event_route("/events/chat/{room}/")
                                .post_route("/send/chat/{room}/");
                            server.on_response([spent](const roompp::request& asked, const roompp::response_info& how) {
                                if (asked.path().substr(0, 7) != "/costs/") spent->answered(asked, how);
                            });

                            // What one client has cost, and, while it has a connection of its own, what went over that so far.
                            server.get("/costs/{room}/", [spent, rooms](const roompp::request& asked) {
                                const auto client = client_of(asked).value_or("");
                                auto its = spent->of(client);
                                rooms.with(asked.parameter("room"), [&](room& there) {
                                    there.for_each([&](room::member& one) {
                                        if (one.person().id != client) return;
                                        its.up += one.connection().traffic().received;
                                        its.down += one.connection().traffic().sent;
                                        its.open += is_websocket(one.connection()) ? 1 : 0;
                                    });
                                });
                                auto answer = roompp::response::json(nlohmann::json{
                                    {"requests", its.requests},
                                    {"up", its.up},
                                    {"down", its.down},
                                    {"open", its.open}}.dump());
                                answer.headers = {{"Cache-Control", "no-store"}};
                                return answer;
                            });
                            server.pages_from({pages, options.pages}).page("/", "transports.html");
                        });
}
