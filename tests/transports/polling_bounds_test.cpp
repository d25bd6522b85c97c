// Clients that poll: how many there may be, how long they may wait, and what they are not told any more.

#include <chrono>
#include <string>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"
#include "support/chat_site.hpp"

namespace t = roompp::testing;
using support::ann;
using support::ben;
using support::chat_site;
using namespace std::chrono_literals;

namespace {

template <class History>
struct scene {
    using room = roompp::basic_room<History>;
    explicit scene(const roompp::limits& bounds) {
        server.limits(bounds);
        server.websocket("/ws/{room}/", rooms, protocol);
        roompp::http_rooms(server, rooms, protocol).poll_route("/poll/{room}/").post_route("/send/{room}/");
    }
    roompp::v1_protocol protocol;
    roompp::rooms<room> rooms;
    roompp::server server;
};

std::string poll(int client, const std::string& more = {}) {
    return "/poll/a/?client=" + std::string(16, static_cast<char>('a' + client)) + more;
}
constexpr const char* hello = R"({"message":"hello"})";

}  // namespace

TEST_CASE("Clients that poll are bounded by their address, and a place is free when one has gone", "[http_rooms]") {
    roompp::limits bounds;
    bounds.connections_per_address = 2;
    scene<roompp::ring_history<10>> some(bounds);
    t::world world(some.server);
    auto browser = world.http();
    CHECK(browser.get(poll(0)).status == 200);
    CHECK(browser.get(poll(1)).status == 200);
    const auto refused = browser.get(poll(2));
    CHECK(refused.status == 503);
    CHECK(refused.body.find("this address has too many clients") != std::string::npos);
    CHECK(browser.get(poll(0)).status == 200);
    CHECK(browser.post("/send/a/", hello).status == 503);  // who comes for a message alone needs a place, too

    auto other = world.http();  // of another address
    CHECK(other.get(poll(2)).status == 200);

    world.advance(bounds.poll_grace + 5s);
    CHECK(browser.get(poll(3)).status == 200);
    CHECK(browser.post("/send/a/", hello).status == 200);
    CHECK(browser.post("/send/a/", hello).status == 200);  // the first has left
    CHECK(browser.get(poll(4)).status == 200);
    CHECK(browser.get(poll(5)).status == 503);
}

TEST_CASE("A message that is too old is told to nobody, whoever was told of it before", "[http_rooms]") {
    roompp::limits bounds;
    bounds.poll_grace = 300s;
    scene<roompp::recent_history<60>> some(bounds);
    t::world world(some.server);
    auto client = world.http();
    CHECK(client.post("/send/a/", hello).status == 200);
    const std::string from_start = "&after=0";
    CHECK(client.get(poll(0, from_start)).body.find("hello") != std::string::npos);
    CHECK(client.get(poll(1, from_start)).body.find("hello") != std::string::npos);
    world.advance(62s);
    for (const int client_number : {0, 1, 2}) {
        const auto late = client.get(poll(client_number, from_start)).body;
        CHECK(late.find("hello") == std::string::npos);
        CHECK(late.find(R"("type":"reset")") != std::string::npos);
    }
}

TEST_CASE("A quiet poll is answered before the server gives it up", "[http_rooms]") {
    roompp::limits bounds;
    bounds.poll_wait = 60s;
    bounds.answer_timeout = 10s;
    scene<roompp::ring_history<10>> some(bounds);
    t::world world(some.server);
    auto client = world.http();
    CHECK(client.get(poll(0)).status == 200);
    for (const auto& target : {poll(0, "&after=0&wait=60"), std::string("/poll/a/?after=0&wait=60")}) {
        client.start("GET", target);
        world.advance(5s);
        CHECK(client.is_waiting());
        world.advance(10s);
        CHECK(client.reply().status == 200);
    }
}

TEST_CASE("A poll that is held when the server stops is told so, and that its connection ends", "[http_rooms]") {
    scene<roompp::ring_history<10>> some({});
    t::world world(some.server);
    auto client = world.http();
    CHECK(client.get(poll(0)).status == 200);
    client.start("GET", poll(0, "&after=0&wait=25"));
    CHECK(client.is_waiting());
    world.stop();
    const auto last = client.reply();
    CHECK(last.status == 503);
    CHECK(last.body.find(R"("code":1001)") != std::string::npos);
    CHECK(last.header("Connection") == "close");
}

TEST_CASE("There is a place for one that polls, and for the next when it has gone", "[http_rooms]") {
    roompp::limits bounds;
    bounds.connections = 3;
    chat_site chat(bounds);
    auto browser = chat.world.http();
    const auto status = [&](const std::string& client) {
        return browser.get("/poll/chat/lobby/?after=0&" + client).status;
    };
    CHECK(status(ann()) == 200);
    CHECK(status(ben()) == 503);
    chat.world.advance(bounds.poll_grace - 1s);
    CHECK(status(ben()) == 503);
    chat.world.advance(2s);  // timeouts are kept to the second
    CHECK(chat.count("left lobby Ann 1006") == 1);
    CHECK(status(ben()) == 200);
}
