// Members that do not read.

#include <algorithm>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "catch.hpp"

namespace t = roompp::testing;

namespace {

template <class Policy>
struct scene {
    using room = roompp::basic_room<Policy>;
    scene() {
        roompp::limits bounds;
        bounds.queue_bytes = 10'000;
        bounds.messages_per_second = 0;
        server.limits(bounds);
        rooms.on_message([](room& in, typename room::member& from, std::string_view text) {
            if (text == "each")
                in.for_each([](typename room::member& one) { one.send("for you"); });
            else
                from.broadcast(text);
        });
        server.websocket("/{room}/", rooms);
    }
    roompp::rooms<room> rooms;
    roompp::server server;
};

}  // namespace

TEST_CASE("What is for a slow member alone is not dropped with what is for all", "[slow]") {
    scene<roompp::skip_to_latest> some;
    t::world world(some.server);
    auto speaker = world.connect("/a/");
    auto slow = world.client("/a/").buffer_bytes(1000).connect();
    slow.pause_reading();
    const std::string big(3000, 'x');
    for (int i = 0; i < 20; ++i) {
        speaker.send(big + std::to_string(i));
        world.settle();
        if (i == 10) {
            speaker.send("each");
            world.settle();
        }
    }
    slow.resume_reading();
    const auto got = slow.receive_all();
    CHECK(std::count(got.begin(), got.end(), "for you") == 1);
    CHECK(got.size() < 15);
    CHECK(got.back() == big + "19");
    CHECK(slow.is_open());
}

TEST_CASE("A slow member is closed with 1013 if no policy says otherwise, and costs the others nothing", "[slow]") {
    scene<roompp::disconnect_slow> some;
    t::world world(some.server);
    auto speaker = world.connect("/a/");
    auto slow = world.client("/a/").buffer_bytes(1000).connect();
    slow.pause_reading();
    const std::string big(3000, 'x');
    for (int i = 0; i < 20; ++i) speaker.send(big).expect(big);
    slow.resume_reading();
    CHECK(slow.closed().code == 1013);
}

TEST_CASE("A message larger than the queue may be comes to who reads", "[slow]") {
    scene<roompp::disconnect_slow> some;
    t::world world(some.server);
    auto one = world.connect("/a/");
    const std::string big(50'000, 'x');
    one.send(big).expect(big);
    roompp::limits bounds;
    bounds.queue_bytes = 10;
    roompp::server echoes;
    echoes.limits(bounds).websocket("/", roompp::echo());
    t::world other(echoes);
    other.connect("/").send("more than ten bytes").expect("more than ten bytes");
}
