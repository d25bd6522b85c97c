// Handlers that answer other people's requests while they handle one themselves.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

// Whoever asks for a name waits, and answers the one who waits under it already.
class waiting_room {
public:
    void ask(const roompp::request& asked, const roompp::responder& later) {
        const std::string name(asked.parameter("name"));
        const auto found = waiting_.find(name);
        if (found == waiting_.end()) {
            waiting_.emplace(name, later);
        } else {
            const roompp::responder answered = std::exchange(found->second, later);
            answered.answer(roompp::response(200, "done\n"));
        }
    }
    void answer_all() {
        for (const auto& [name, one] : std::exchange(waiting_, {})) one.answer(roompp::response(200, "done\n"));
    }

private:
    std::map<std::string, roompp::responder> waiting_;
};

std::string get(std::string_view target) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

}  // namespace

TEST_CASE("What one connection is sent never goes to another whose answer is given meanwhile", "[http]") {
    waiting_room waiting;
    roompp::server server;
    server.get("/wait/{name}/",
               [&](const roompp::request& asked, const roompp::responder& later) { waiting.ask(asked, later); });
    roompp::websocket_handler handler;
    handler.on_message([&](roompp::connection& connection, roompp::payload) {
        connection.send("private");
        waiting.answer_all();
        connection.send("also private");
    });
    server.websocket("/ws/", handler);

    t::world world(server);
    auto stranger = world.http();
    stranger.send_bytes(get("/wait/x/") +
                        "GET /ws/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    CHECK(stranger.is_waiting());
    auto one = world.connect("/ws/");
    one.send("go on");
    one.expect("private").expect("also private");
    CHECK(stranger.reply().body == "done\n");
    CHECK(stranger.reply().status == 101);
}

TEST_CASE("Answers that bring about answers, as many as clients like, take no stack", "[http]") {
    constexpr std::size_t clients = 10'000;
    waiting_room waiting;
    roompp::server server;
    server.get("/wait/{name}/",
               [&](const roompp::request& asked, const roompp::responder& later) { waiting.ask(asked, later); });

    t::world world(server);
    std::vector<t::http_client> chain;
    for (std::size_t i = 0; i < clients; ++i) {
        const auto number = std::to_string(i);
        chain.push_back(world.http());
        chain.back().send_bytes(get("/wait/" + number + '/') + get("/wait/" + std::to_string(i + 1) + '/'));
        CHECK(chain.back().is_waiting());
    }
    auto first = world.http();
    first.start("GET", "/wait/0/");
    for (std::size_t i = 0; i < clients; ++i) CHECK(chain[i].reply().body == "done\n");
}
