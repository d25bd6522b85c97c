// One room by short polling, long polling, server-sent events and WebSocket, side by side, with the cost of each.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include <roompp/http_rooms.hpp>
#include <roompp/v1.hpp>

#include "../run.hpp"
#include "pages.hpp"

namespace {

// The token of the client that sent a request, if it is one that roompp.v1 accepts.
std::optional<std::string> find_token(const roompp::request& request) {
    auto client = request.query("client");
    const auto is_allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    if (!client || client->size() < 16 || client->size() > 64 ||
        !std::all_of(client->begin(), client->end(), is_allowed))
        return std::nullopt;
    return client;
}

// Requests and traffic by client. Not thread-safe: the server has one thread.
class costs {
public:
    struct figures {
        std::uint64_t requests = 0;
        std::uint64_t up = 0;
        std::uint64_t down = 0;
        std::uint64_t open = 0;  // requests without a complete response
    };

    // Identifies the person by the client's token, so that members of the room can be matched with it. A request that
    // becomes a WebSocket gets no response that would end it.
    void count_request(const roompp::request& request, roompp::connect_reply& reply, bool is_websocket) {
        const auto client = find_token(request);
        if (!client) return;  // not from the page
        reply.identify({*client, request.query("name").value_or("Guest"), ""});
        constexpr std::size_t max_clients = 10'000;
        if (by_client_.size() >= max_clients) by_client_.clear();
        figures& totals = by_client_[*client];
        ++totals.requests;
        totals.open += is_websocket ? 0 : 1;
        totals.up += request.size();
    }
    void count_response(const roompp::request& request, const roompp::response_info& info) {
        const auto found = by_client_.find(find_token(request).value_or(""));
        if (found == by_client_.end()) return;
        if (found->second.open != 0) --found->second.open;
        found->second.down += info.bytes;
    }
    // Adds the traffic of a WebSocket that has closed.
    void add_traffic(const std::string& client, const roompp::traffic& traffic) {
        const auto found = by_client_.find(client);
        if (found == by_client_.end()) return;
        found->second.up += traffic.received;
        found->second.down += traffic.sent;
    }
    [[nodiscard]] figures get(const std::string& client) const {
        const auto found = by_client_.find(client);
        return found == by_client_.end() ? figures() : found->second;
    }

private:
    std::map<std::string, figures> by_client_;
};

bool is_websocket(const roompp::connection& connection) { return !connection.subprotocol().empty(); }

}  // namespace

int main(int argc, char** argv) {
    return example::run(
        argc, argv, "Four ways to be up to date", [](roompp::server& server, const example::options& options) {
            using room = roompp::basic_room<roompp::ring_history<500>>;
            roompp::rooms<room> rooms;
            const roompp::v1_protocol protocol;
            const auto totals = std::make_shared<costs>();

            rooms.on_leave([totals](room&, room::member& member, const roompp::close_event&) {
                if (is_websocket(member.connection()))
                    totals->add_traffic(member.person().id, member.connection().traffic());
            });
            server.websocket("/ws/chat/{room}/", rooms, protocol)
                .on_connect([totals](const roompp::request& request, roompp::connect_reply& reply) {
                    totals->count_request(request, reply, true);
                });
            roompp::http_rooms(server, rooms, protocol)
                .on_connect([totals](const roompp::request& request, roompp::connect_reply& reply) {
                    totals->count_request(request, reply, false);
                })
                .poll_route("/poll/chat/{room}/")
                .event_route("/events/chat/{room}/")
                .post_route("/send/chat/{room}/");
            server.on_response([totals](const roompp::request& request, const roompp::response_info& info) {
                if (request.path().substr(0, 7) != "/costs/") totals->count_response(request, info);
            });

            // The cost of one client, the traffic of its open connections included.
            server.get("/costs/{room}/", [totals, rooms](const roompp::request& request) {
                const auto client = find_token(request).value_or("");
                auto cost = totals->get(client);
                rooms.with(request.parameter("room"), [&](room& found) {
                    found.for_each([&](room::member& member) {
                        if (member.person().id != client) return;
                        cost.up += member.connection().traffic().received;
                        cost.down += member.connection().traffic().sent;
                        cost.open += is_websocket(member.connection()) ? 1 : 0;
                    });
                });
                auto response = roompp::response::json(nlohmann::json{
                    {"requests", cost.requests},
                    {"up", cost.up},
                    {"down", cost.down},
                    {"open", cost.open}}.dump());
                response.headers = {{"Cache-Control", "no-store"}};
                return response;
            });
            server.pages_from({pages, options.pages}).page("/", "transports.html");
        });
}
