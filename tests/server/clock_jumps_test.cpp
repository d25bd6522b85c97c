// The time of day may be set, forwards and back: it is shown, and nothing waits for it.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("A clock that jumps disconnects nobody, and loses and reorders nothing", "[clock]") {
    using room = roompp::basic_room<roompp::ring_history<100>, roompp::presence>;
    roompp::rooms<room> rooms;
    const roompp::v1_protocol protocol;
    roompp::server server;
    server.websocket("/ws/{room}/", rooms, protocol, roompp::raw_protocol());
    roompp::http_rooms(server, rooms, protocol).poll_route("/poll/{room}/");
    t::world world(server);
    auto ann = world.connect("/ws/a/");
    auto ben = world.connect("/ws/a/");
    auto poller = world.http();
    const std::string poll = "/poll/a/?client=0123456789abcdef&after=0";
    CHECK(poller.get(poll).status == 200);
    int message_count = 0;
    for (const auto jump : {-24h * 365, 24h * 365 * 5, -24h * 365 * 60, 24h * 365 * 90}) {
        world.set_wall_time(world.wall_now() + jump);
        const std::string text = "message " + std::to_string(++message_count);
        ann.send(text).expect(text);
        ben.expect(text);
        world.advance(5s);
        CHECK(ann.is_open());
        CHECK(ann.pings() == 0);  // nothing has come sooner
        const auto answer = poller.get(poll);
        CHECK(answer.status == 200);
        for (int i = 1; i <= message_count; ++i) {
            CHECK(answer.body.find("message " + std::to_string(i)) != std::string::npos);
        }
        CHECK(rooms.size() == 1);
    }
}

TEST_CASE("Timeouts and rates do not depend on the time of day", "[clock]") {
    roompp::limits limits;
    limits.messages_per_second = 5;
    roompp::server server;
    server.limits(limits).websocket("/", roompp::echo());
    server.get("/", [] { return "hello"; });
    for (const auto jump : {-24h, 24h}) {
        t::world world(server);
        auto slow = world.http();
        slow.send_bytes("GET / HT");
        auto flooding = world.connect("/");
        for (int i = 0; i < 5; ++i) flooding.send("x").expect("x");
        world.set_wall_time(world.wall_now() + jump);
        flooding.send("one too many");
        CHECK(flooding.closed().code == 1008);
        world.advance(8s);
        CHECK(slow.is_waiting());
        world.advance(3s);
        CHECK(slow.reply().status == 408);
    }
}

TEST_CASE("The Date of responses follows the clock, back as well", "[clock]") {
    roompp::server server;
    server.get("/", [] { return "hello"; });
    t::world world(server);
    auto client = world.http();
    for (const auto& [seconds, date] :
         std::vector<std::pair<std::chrono::seconds, std::string>>{{1'000'000'000s, "Sun, 09 Sep 2001 01:46:40 GMT"},
                                                                   {1s, "Thu, 01 Jan 1970 00:00:01 GMT"},
                                                                   {1'000'000'001s, "Sun, 09 Sep 2001 01:46:41 GMT"}}) {
        world.set_wall_time(std::chrono::system_clock::time_point(seconds));
        CHECK(client.get("/").header("Date") == date);
    }
}
