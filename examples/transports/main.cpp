// One room by short polling, long polling, server-sent events and WebSocket, side by side, with what each of them costs.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <roompp/http_rooms.hpp>
#include <roompp/v1.hpp>

#include "../run.hpp"
#include "pages.hpp"

namespace {

// What the clients of the page have cost so far. The server has one thread, so nothing here needs a lock.
class costs {
public:
    struct figures {
        std::uint64_t requests = 0;
        std::uint64_t up = 0;
        std::uint64_t down = 0;
        std::uint64_t open = 0;  // requests that are not answered yet
    };

    // `stays`: whether it becomes a WebSocket, which is no answer.
    void asked(const roompp::request& from, bool stays) {
        figures& its = of(from);
        ++its.requests;
        its.open += stays ? 0 : 1;
        its.up += from.size();
    }
    void answered(const roompp::request& from, const roompp::answered& how) {
        figures& its = of(from);
        if (its.open != 0) --its.open;
        its.down += how.bytes;
    }
    figures& of(const roompp::request& from) {
        constexpr std::size_t most = 10'000;
        if (by_client_.size() >= most) by_client_.clear();
        return by_client_[from.query("client").value_or("")];
    }

private:
    std::map<std::string, figures> by_client_;
};

}  // namespace

int main(int argc, char** argv) {
    return example::run(
        argc, argv, "Four ways to be up to date", [](roompp::server& server, const example::options& options) {
            using room = roompp::basic_room<roompp::ring_history<500>>;
            const roompp::rooms<room> rooms;
            const roompp::v1 protocol;
            const auto spent = std::make_shared<costs>();

            server.websocket("/ws/chat/{room}/", rooms, protocol).on_connect([spent](const roompp::request& asked) {
                spent->asked(asked, true);
            });
            roompp::http_rooms(server, rooms, protocol)
                .on_connect([spent](const roompp::request& asked) { spent->asked(asked, false); })
                .polls("/poll/chat/{room}/")
                .events("/events/chat/{room}/")
                .sends("/send/chat/{room}/");
            server.on_answered([spent](const roompp::request& asked, const roompp::answered& how) {
                if (asked.path().substr(0, 7) != "/costs/") spent->answered(asked, how);
            });

            // What one client has cost, and, while it has a connection of its own (id says which), what went over that.
            server.get("/costs/{room}/", [spent, rooms](const roompp::request& asked) {
                auto its = spent->of(asked);
                const auto id = asked.query("id").value_or("");
                rooms.with(asked.parameter("room"), [&](room& there) {
                    there.for_each([&](room::member& one) {
                        if (one.who().id != id) return;
                        its.up += one.connection().traffic().received;
                        its.down += one.connection().traffic().sent;
                        its.open += one.connection().subprotocol().empty() ? 0 : 1;
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
