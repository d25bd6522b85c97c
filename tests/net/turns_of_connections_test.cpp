// What one connection sends at once does not hold up the others.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/net/work_budget.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"
#include "support/http_site.hpp"

namespace t = roompp::testing;
using roompp::net::work_budget;

namespace {

// Counts what was done before a task that was given to the loop while the first of it was done.
class turn_log {
public:
    void count(roompp::loop& home) {
        if (count_++ == 0) home.post([this] { count_in_first_turn_ = count_; });
    }
    [[nodiscard]] std::size_t all() const noexcept { return count_; }
    [[nodiscard]] std::size_t in_first_turn() const noexcept { return count_in_first_turn_; }

private:
    std::size_t count_ = 0;
    std::size_t count_in_first_turn_ = 0;
};

struct scene {
    scene() {
        roompp::limits limits;
        limits.messages_per_second = limits.bytes_per_second = 0;
        server.limits(limits);
        server.websocket("/", roompp::websocket_handler().on_message(
                                  [this](roompp::connection& sender, std::string_view) { log.count(sender.home()); }));
        server.get("/page/", [this](const roompp::request&) {
            log.count(*home);
            return "page\n";
        });
        server.on_start([this](const std::vector<roompp::net::shard*>& shards) { home = &shards.front()->home(); });
    }

    turn_log log;
    roompp::loop* home = nullptr;
    roompp::server server;
};

std::string many_requests(std::size_t count) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += support::make_get("/page/");
    return bytes;
}

}  // namespace

TEST_CASE("A turn ends after its units of work", "[work_budget]") {
    work_budget budget;
    budget.restart(false);
    unsigned requests = 1;
    while (budget.spend(work_budget::request_cost)) ++requests;
    CHECK(requests == work_budget::max_units / work_budget::request_cost);
    CHECK_FALSE(budget.has_left());
    CHECK_FALSE(budget.spend(work_budget::frame_cost));
    budget.restart(false);
    CHECK(budget.has_left());
}

TEST_CASE("A turn ends after its time", "[work_budget]") {
    work_budget budget;
    budget.restart(true);
    const auto end = std::chrono::steady_clock::now() + work_budget::max_time;
    while (std::chrono::steady_clock::now() < end) continue;
    CHECK_FALSE(budget.spend(work_budget::request_cost));
}

TEST_CASE("Many short messages of one client leave turns to the others", "[turns]") {
    t::explore({0, 1, 2}, [](std::uint64_t seed) {
        scene site;
        t::world world(site.server, seed);
        auto flood = world.connect("/");
        std::string bytes;
        constexpr std::size_t count = 5000;
        for (std::size_t i = 0; i < count; ++i) bytes += t::encode_client_frame(t::opcode::text, "f", 0x12345678);
        flood.send_bytes(bytes);
        world.settle();
        REQUIRE(site.log.all() == count);
        REQUIRE(site.log.in_first_turn() <= work_budget::max_units);
    });
}

TEST_CASE("Many requests of one client leave turns to the others", "[turns]") {
    scene site;
    t::world world(site.server);
    const support::raw_client flood(site.server);
    flood.send(many_requests(500));
    world.settle();
    CHECK(site.log.all() == 500);
    CHECK(site.log.in_first_turn() <= work_budget::max_units / work_budget::request_cost);
}

TEST_CASE("Bytes that wait for a later turn are not lost when the client closes its half", "[turns]") {
    scene site;
    t::world world(site.server);
    const support::raw_client flood(site.server);
    flood.send(many_requests(500));
    flood.end_sending();
    world.settle();
    CHECK(site.log.all() == 500);
    CHECK(flood.ended);
}

TEST_CASE("Bytes that come with the handshake are messages too", "[turns]") {
    scene site;
    t::world world(site.server);
    auto client = world.client("/").start_connecting();
    for (int i = 0; i < 300; ++i) client.send("f");
    world.settle();
    CHECK(site.log.all() == 300);
}

TEST_CASE("A pong comes before what is queued for a slow client", "[turns]") {
    const roompp::rooms<> rooms;
    t::world world(rooms);
    auto slow = world.client("/a/").buffer_bytes(1000).connect();
    auto fast = world.connect("/a/");
    slow.pause_reading();
    for (int i = 0; i < 20; ++i) fast.send(std::string(5000, 'x'));
    world.settle();
    slow.ping("there?");
    world.settle();
    slow.resume_reading();
    const auto first = slow.receive_message();
    CHECK(first.data.size() == 5000);
    CHECK(slow.pongs() == std::vector<std::string>{"there?"});
    CHECK(slow.receive_all().size() == 19);
}
