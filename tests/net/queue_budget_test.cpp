// What all send queues of a server may take together.

#include <cstddef>
#include <memory>
#include <string>

#include <roompp/net/queue_budget.hpp>
#include <roompp/net/send_queue.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using roompp::net::frame_batch;
using roompp::net::queue_budget;
using roompp::net::send_queue;
using room = roompp::basic_room<>;

TEST_CASE("Queues count what they hold until it is sent, dropped, or they go", "[queue_budget]") {
    const auto budget = std::make_shared<queue_budget>(10'000);
    const auto batch = std::make_shared<frame_batch>();
    batch->append(std::string(1000, 'b'));
    {
        send_queue queue(budget);
        queue.push(std::string(5000, 'x'));
        CHECK(budget->bytes() >= 5000);
        CHECK(budget->bytes() < 5500);
        queue.push(batch, 0);
        queue.push_first("ping");
        CHECK(budget->bytes() >= 6000);
        queue.drop_batches(0);
        CHECK(budget->bytes() < 6000);
        queue.push(batch, 0);
        queue.pop(queue.size());
        CHECK(budget->bytes() == 0);
        queue.push(std::string(20'000, 'x'));
        CHECK(budget->is_exceeded());
        queue.push(batch, 0);
    }
    CHECK(budget->bytes() == 0);
}

TEST_CASE("A batch in many queues counts once", "[queue_budget]") {
    const auto budget = std::make_shared<queue_budget>(10'000);
    const auto batch = std::make_shared<frame_batch>();
    batch->append(std::string(5000, 'b'));
    send_queue first(budget);
    send_queue second(budget);
    first.push(batch, 0);
    second.push(batch, 100);
    CHECK(budget->bytes() < 6000);
    first.pop(first.size());
    CHECK(budget->bytes() >= 5000);
    second.pop(second.size());
    CHECK(budget->bytes() == 0);
}

TEST_CASE("A client for which the queues of all have no room is lost, and nobody else", "[queue_budget]") {
    const std::size_t threads = GENERATE(1, 3);
    roompp::limits limits;
    limits.all_queue_bytes = 100'000;
    roompp::rooms<room> rooms;
    std::string codes;
    rooms.on_message([](room& tea, room::member& sender, std::string_view text) {
        if (text == "all")
            tea.broadcast(std::string(30'000, 'a'));
        else
            sender.send(std::string(60'000, 'x'));
    });
    rooms.on_leave(
        [&](room&, room::member&, const roompp::close_event& event) { codes += std::to_string(event.code) + ' '; });
    roompp::server server;
    server.threads(threads).limits(limits);
    server.websocket("/{room}/", rooms);
    t::world world(server);
    auto slow = world.client("/tea/").buffer_bytes(1000).connect();
    auto slower = world.client("/tea/").buffer_bytes(1000).connect();
    auto fast = world.connect("/tea/");
    slow.pause_reading();
    slower.pause_reading();
    slow.send("me");
    world.settle();
    CHECK(codes.empty());
    slower.send("me");
    world.settle();
    CHECK(codes == "1013 ");
    fast.send("all");
    world.settle();
    CHECK(fast.receive().size() == 30'000);
    slow.resume_reading();
    CHECK(slow.receive().size() == 60'000);
    CHECK(slow.receive().size() == 30'000);
    CHECK(slow.is_open());
    for (int i = 0; i < 10; ++i) CHECK(fast.send("me").receive().size() == 60'000);
}
