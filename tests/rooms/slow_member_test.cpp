// Members that do not read.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch_json.hpp"

namespace t = roompp::testing;

namespace {

template <class... Policies>
struct scene {
    using room = roompp::basic_room<Policies...>;
    scene() {
        roompp::limits bounds;
        bounds.queue_bytes = 10'000;
        bounds.messages_per_second = 0;
        server.limits(bounds);
        rooms.on_message([](room& in, typename room::member& sender, std::string_view text) {
            if (text == "each")
                in.for_each([](typename room::member& member) { member.send("for you"); });
            else
                sender.broadcast(text);
        });
        server.websocket("/{room}/", rooms, roompp::v1_protocol());
    }
    roompp::rooms<room> rooms;
    roompp::server server;
};

// Who is in the room as a client of roompp.v1 sees it that takes no notice of gaps.
struct view {
    void take(t::client& sender) {
        for (const auto& text : sender.receive_all()) {
            const auto frame = nlohmann::json::parse(text);
            if (frame["type"] == "presence") {
                ++lists;
                people.clear();
                for (const auto& member : frame["members"]) people.insert(member["name"].get<std::string>());
            }
            if (frame["type"] == "join") people.insert(frame["member"]["name"].get<std::string>());
            if (frame["type"] == "leave") people.erase(frame["member"]["name"].get<std::string>());
        }
    }
    std::set<std::string> people;
    int lists = 0;
};

// People come and go while a member does not read.
template <class Policy>
void see_who_is_there_after_a_pause(std::uint64_t seed) {
    scene<Policy, roompp::presence> some;
    t::world world(some.server, seed);
    const auto client = [&](const std::string& name) {
        return world.client("/a/?name=" + name).subprotocol("roompp.v1").buffer_bytes(1000);
    };
    auto speaker = world.connect("/a/");
    auto slow = client("slow").connect();
    std::map<std::string, t::client> others;
    const auto come = [&](const std::string& name) { others.emplace(name, client(name).connect()); };
    const auto go = [&](const std::string& name) {
        others.at(name).close();
        others.erase(name);
    };
    const auto say = [&](int messages) {
        for (int i = 0; i < messages; ++i) {
            speaker.send(std::string(3000, 'x'));
            world.settle();
        }
    };
    come("gone");
    view seen;
    seen.take(slow);
    const int lists_before = seen.lists;
    slow.pause_reading();
    say(2);
    go("gone");
    come("short");
    come("here");
    say(8);
    go("short");
    say(8);
    slow.resume_reading();
    seen.take(slow);
    REQUIRE(seen.people.count("here") == 1);
    REQUIRE(seen.people.count("gone") == 0);
    REQUIRE(seen.people.count("short") == 0);
    REQUIRE(seen.lists == lists_before + 1);
    come("later");
    seen.take(slow);
    REQUIRE(seen.people.count("later") == 1);
    REQUIRE(seen.lists == lists_before + 1);  // nothing more was dropped
    CHECK(slow.is_open());
}

}  // namespace

TEST_CASE("A slow member of which joins and leaves were dropped is told anew who is there", "[slow]") {
    t::explore(10, [](std::uint64_t seed) {
        see_who_is_there_after_a_pause<roompp::skip_to_latest>(seed);
        see_who_is_there_after_a_pause<roompp::drop_oldest>(seed);
    });
}

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

TEST_CASE("However short the messages are, what waits for a slow member takes no more memory than it may", "[slow]") {
    // 10,000 bytes hold far fewer messages of one byte than that, since each has its cost.
    const auto missed = [](auto& some) {
        t::world world(some.server);
        auto speaker = world.connect("/a/");
        auto slow = world.client("/a/").buffer_bytes(100).connect();
        slow.pause_reading();
        for (int i = 0; i < 2000; ++i) speaker.send("x").expect("x");
        slow.resume_reading();
        return 2000 - slow.receive_all().size();
    };
    scene<roompp::skip_to_latest> skipping;
    CHECK(missed(skipping) > 1500);
    scene<roompp::drop_oldest> dropping;
    CHECK(missed(dropping) > 1500);
}

TEST_CASE("Who takes nothing for long is lost, even if it answers", "[slow]") {
    scene<roompp::skip_to_latest> some;
    t::world world(some.server);
    auto speaker = world.connect("/a/");
    auto slow = world.client("/a/").buffer_bytes(100).connect();
    slow.pause_reading();
    for (int i = 0; i < 4; ++i) {
        speaker.send(std::string(1000, 'x')).expect(std::string(1000, 'x'));
        world.advance(std::chrono::seconds(10));
        slow.send("I am here");
        speaker.expect("I am here");
    }
    world.advance(std::chrono::seconds(20));
    slow.resume_reading();
    (void)slow.receive_all();
    CHECK_FALSE(slow.is_open());
    CHECK(speaker.is_open());
}

TEST_CASE("A message larger than the queue may be comes to who reads", "[slow]") {
    scene<roompp::disconnect_slow> some;
    t::world world(some.server);
    auto member = world.connect("/a/");
    const std::string big(50'000, 'x');
    member.send(big).expect(big);
    roompp::limits bounds;
    bounds.queue_bytes = 10;
    roompp::server echoes;
    echoes.limits(bounds).websocket("/", roompp::echo());
    t::world other(echoes);
    other.connect("/").send("more than ten bytes").expect("more than ten bytes");
}
