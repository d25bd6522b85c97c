// Handlers that complete the responses of other connections.

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

// Defers each request by its name, and answers the earlier request of that name.
class waiting_room {
public:
    void exchange_responders(const roompp::request& request, const roompp::responder& responder) {
        const std::string name(request.parameter("name"));
        const auto found = waiting_.find(name);
        if (found == waiting_.end()) {
            waiting_.emplace(name, responder);
        } else {
            const roompp::responder previous = std::exchange(found->second, responder);
            previous.answer(roompp::response(200, "done\n"));
        }
    }
    void answer_all() {
        for (const auto& [name, responder] : std::exchange(waiting_, {}))
            responder.answer(roompp::response(200, "done\n"));
    }

private:
    std::map<std::string, roompp::responder> waiting_;
};

std::string get(std::string_view target) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

}  // namespace

TEST_CASE("Bytes for a connection never go to another one that is answered meanwhile", "[http]") {
    waiting_room waiting;
    roompp::server server;
    server.get("/wait/{name}/", [&](const roompp::request& request, const roompp::responder& responder) {
        waiting.exchange_responders(request, responder);
    });
    roompp::websocket_handler handler;
    handler.on_message([&](roompp::connection& connection, roompp::payload) {
        connection.send("private");
        waiting.answer_all();
        connection.send("also private");
    });
    server.websocket("/ws/", handler);

    t::world world(server);
    auto other = world.http();
    other.send_bytes(get("/wait/x/") +
                     "GET /ws/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    CHECK(other.is_waiting());
    auto socket = world.connect("/ws/");
    socket.send("go on");
    socket.expect("private").expect("also private");
    CHECK(other.reply().body == "done\n");
    CHECK(other.reply().status == 101);
}

TEST_CASE("A long chain of answers that cause answers takes no stack", "[http]") {
    constexpr std::size_t clients = 10'000;
    waiting_room waiting;
    roompp::server server;
    server.get("/wait/{name}/", [&](const roompp::request& request, const roompp::responder& responder) {
        waiting.exchange_responders(request, responder);
    });

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
