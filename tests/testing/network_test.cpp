// Slow members, full buffers and faults.

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;

TEST_CASE("A slow member gets what waited when it reads again", "[testing]") {
    const roompp::rooms<> rooms;
    t::world world(rooms);
    auto slow = world.connect("/a/");
    auto fast = world.connect("/a/");
    slow.pause_reading();
    for (int i = 0; i < 100; ++i) {
        fast.send(std::to_string(i) + std::string(10'000, 'x'));
        CHECK(fast.receive().substr(0, 2) == (std::to_string(i) + 'x').substr(0, 2));
    }
    slow.receive_nothing();
    slow.resume_reading();
    const auto all = slow.receive_all();
    REQUIRE(all.size() == 100);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == std::to_string(i) + std::string(10'000, 'x'));
}

TEST_CASE("Whose room is on another loop may say more than is handed over at once", "[testing]") {
    roompp::limits bounds;
    bounds.messages_per_second = bounds.bytes_per_second = 0;
    roompp::server server;
    server.threads(3).limits(bounds);
    const roompp::rooms<> rooms;
    server.websocket("/{room}/", rooms);
    t::world world(server);
    std::vector<t::client> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(world.connect("/a/"));  // one on each loop
    for (auto& one : clients) {
        for (int i = 0; i < 100; ++i) one.send(std::to_string(i) + std::string(10'000, 'x'));
        for (auto& each : clients)
            for (int i = 0; i < 100; ++i) each.expect(std::to_string(i) + std::string(10'000, 'x'));
    }
}

TEST_CASE("A member that is too slow is closed with 1013 and delays nobody", "[testing]") {
    for (const std::size_t threads : {1U, 3U}) {
        CAPTURE(threads);
        std::vector<int> ends;
        roompp::server server;
        server.threads(threads);
        roompp::rooms<> rooms;
        rooms.on_leave([&](auto&, auto&, const roompp::close_event& why) { ends.push_back(why.code); });
        server.websocket("/{room}/", rooms);
        t::world world(server);
        auto slow = world.connect("/a/");
        auto fast = world.connect("/a/");
        slow.pause_reading();
        for (int i = 0; i < 6; ++i) {
            fast.send(std::string(900'000, 'x'));
            CHECK(fast.receive().size() == 900'000);
        }
        world.advance(10s);  // it does not take the close frame either
        CHECK(ends == std::vector<int>{1013});
        slow.resume_reading();
        CHECK_FALSE(slow.is_open());
    }
}

TEST_CASE("An echo to one who does not read is paused, and goes on when it reads again", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.pause_reading();
    const std::string kilobytes(60'000, 'x');
    for (int i = 0; i < 200; ++i) client.send(std::to_string(i) + ' ' + kilobytes);
    world.settle();
    CHECK(client.is_open());
    client.resume_reading();
    const auto all = client.receive_all();
    REQUIRE(all.size() == 200);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == std::to_string(i) + ' ' + kilobytes);
}

TEST_CASE("Writes that are short or refused lose nothing", "[testing]") {
    for (std::size_t bytes = 0; bytes < 12; ++bytes) {
        CAPTURE(bytes);
        t::world world(roompp::echo());
        auto client = world.connect("/");
        for (int i = 0; i < 5; ++i) client.next_write(t::fault::only(bytes)).next_write(t::fault::refuse());
        for (int i = 0; i < 20; ++i) {
            client.send(std::to_string(i) + " hello");
            client.expect(std::to_string(i) + " hello");
        }
    }
}

TEST_CASE("A delayed write comes when its time has come, and the rest after it", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.next_write(t::fault::delay(5s));
    client.send("late");
    client.receive_nothing();
    client.send("later");
    world.advance(4s);
    client.receive_nothing();
    world.advance(1s);
    CHECK(client.receive() == "late");
    CHECK(client.receive() == "later");
}

TEST_CASE("A delay holds up neither what was written before it, nor ends sooner for a shorter one", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    client.send("before").pause_reading();
    world.settle();  // it is written, and not taken yet
    client.next_write(t::fault::delay(5s)).next_write(t::fault::delay(1s)).next_write(t::fault::delay(8s));
    client.send("late");
    world.settle();
    client.send("shorter");
    world.settle();
    client.send("longer").resume_reading();
    client.expect("before").receive_nothing();
    world.advance(4s);
    client.receive_nothing();
    world.advance(1s);
    client.expect("late").expect("shorter").receive_nothing();
    world.advance(3s);
    client.expect("longer");
    client.send("no delay").expect("no delay");
}

TEST_CASE("Delays keep all bytes and their order with every seed", "[testing]") {
    t::explore(50, [](std::uint64_t seed) {
        t::world world(roompp::echo(), seed);
        auto client = world.client("/").buffer_bytes(100).connect();
        for (int i = 0; i < 10; ++i) client.next_write(t::fault::delay(std::chrono::seconds(i % 3)));
        for (int i = 0; i < 20; ++i) client.send(std::to_string(i) + std::string(50, 'x'));
        world.advance(20s);
        const auto all = client.receive_all();
        REQUIRE(all.size() == 20);
        for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == std::to_string(i) + std::string(50, 'x'));
    });
}

TEST_CASE("A connection that the server does not take is ended", "[testing]") {
    roompp::server server;
    server.websocket("/", roompp::echo());
    t::world world(server);
    auto there = world.connect("/").answer_close(false);  // so that the server does not come to its end
    world.stop();
    auto late = world.client("/").start_connecting();
    CHECK(late.closed().code == 1006);
    auto browser = world.http();
    browser.start("GET", "/");
    world.settle();
    CHECK_FALSE(browser.is_connected());
}

TEST_CASE("A write to a connection that is lost ends it with 1006", "[testing]") {
    std::vector<int> ends;
    roompp::rooms<> rooms;
    rooms.on_leave([&](auto&, auto&, const roompp::close_event& why) { ends.push_back(why.code); });
    t::world world(rooms);
    auto lost = world.connect("/a/");
    auto other = world.connect("/a/");
    lost.next_write(t::fault::lose());
    other.send("hello");
    CHECK(other.receive() == "hello");
    CHECK(ends == std::vector<int>{1006});
    CHECK(lost.closed().code == 1006);
}

TEST_CASE("The smallest buffers carry everything", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.client("/").buffer_bytes(1).connect();
    client.send(std::string(5000, 'x')).send("end");
    CHECK(client.receive().size() == 5000);
    CHECK(client.receive() == "end");
    client.close();
    CHECK(client.closed().code == 1000);
}

TEST_CASE("A full server turns away, and recovers", "[testing]") {
    roompp::server server;
    roompp::limits bounds;
    bounds.connections = 3;
    server.limits(bounds);
    server.websocket("/", roompp::echo());
    server.get("/hello/", [] { return "hello"; });
    t::world world(server);
    auto one = world.connect("/");
    auto two = world.connect("/");
    auto three = world.connect("/");
    auto client = world.http();
    CHECK(client.get("/hello/").status == 503);
    one.drop();
    world.settle();
    CHECK(client.get("/hello/").status == 200);
}
