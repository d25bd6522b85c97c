// Rooms of roompp.v1 whose messages a log numbers and keeps.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"
#include "support/v1_site.hpp"

using namespace std::chrono_literals;
using roompp::testing::simulated_log;
using support::json;
using support::message_texts;
using support::v1_client;
using strings = std::vector<std::string>;

namespace {

using logged_room = roompp::basic_room<roompp::logged<100>, roompp::presence>;

/// A server with logged rooms at /chat/{room}/, which may be followed by another one with the same log.
struct logged_site {
    explicit logged_site(std::shared_ptr<simulated_log> engine, std::uint64_t seed = 1)
        : log(std::move(engine)), world(set_up(), seed) {}

    roompp::server& set_up() {
        server.limits(support::unlimited_rate());
        rooms.log(log);
        rooms.on_create([this](logged_room& room) { created.push_back(room.last_id()); });
        rooms.on_message([](logged_room::member& sender, std::string_view text) {
            if (text != "drop this") sender.broadcast(text);
        });
        server.on_error([this](const std::exception_ptr& error) {
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& e) {
                errors.emplace_back(e.what());
            }
        });
        server.websocket("/chat/{room}/", rooms, roompp::v1_protocol());
        return server;
    }
    v1_client join(const std::string& query = "") const {
        v1_client client(world.client("/chat/tea/?" + query).subprotocol("roompp.v1").connect());
        client.history = client.next_frame_of_one_of({"history", "reset"});
        client.presence = client.next_frame_of("presence");
        return client;
    }

    std::shared_ptr<simulated_log> log;
    roompp::rooms<logged_room> rooms;
    roompp::server server;
    std::vector<std::uint64_t> created;  // the last number of each room that was created
    strings errors;
    roompp::testing::world world;
};

std::string position_of(const v1_client& member, std::uint64_t id) {
    return "epoch=" + member.history["epoch"].get<std::string>() + "&after=" + std::to_string(id);
}

}  // namespace

TEST_CASE("A logged room's messages get their numbers from the log, and are acknowledged when it has them",
          "[logged]") {
    logged_site site(std::make_shared<simulated_log>());
    auto ann = site.join("name=Ann");
    auto ben = site.join("name=Ben");
    CHECK(ann.send_message("one") == 1);
    CHECK(ben.send_message("two") == 2);
    CHECK(ann.next_frame_of("message")["id"] == 2);
    CHECK(site.log->texts("tea") == strings{"one", "two"});
    CHECK(site.created == std::vector<std::uint64_t>{0});
}

TEST_CASE("Nobody sees a message of a logged room before the log has it", "[logged]") {
    const auto log = std::make_shared<simulated_log>();
    logged_site site(log);
    auto ann = site.join("name=Ann");
    auto ben = site.join("name=Ben");
    (void)ann.all_frames();
    log->delay(5s);
    ann.send({{"message", "late"}, {"ack", 1}});
    CHECK(ben.all_frames().empty());
    CHECK(ann.all_frames().empty());
    site.world.advance(6s);
    CHECK(ben.next_frame_of("message")["message"] == "late");
    CHECK(ann.next_frame_of("ack")["id"] == 1);
}

TEST_CASE("What the log does not keep is said to nobody, and its sender is told", "[logged]") {
    const auto log = std::make_shared<simulated_log>();
    logged_site site(log);
    auto ann = site.join("name=Ann");
    auto ben = site.join("name=Ben");
    log->refuse_next(1);
    const auto refused = ann.request({{"message", "lost"}});
    CHECK(refused["type"] == "error");
    CHECK(refused["error"] == "unavailable");
    log->unavailable(true);
    CHECK(ann.request({{"message", "lost too"}})["error"] == "unavailable");
    ann.send({{"message", "without an ack"}});
    CHECK(ann.next_frame_of("error")["error"] == "unavailable");
    log->unavailable(false);
    CHECK(ann.send_message("kept") == 1);
    CHECK(ben.next_frame_of("message")["message"] == "kept");
    CHECK(ann.request({{"message", "drop this"}})["error"] == "dropped");
}

TEST_CASE("A room that cannot be opened refuses who joins, and opens later", "[logged]") {
    const auto log = std::make_shared<simulated_log>();
    logged_site site(log);
    log->unavailable(true);
    auto refused = site.world.client("/chat/tea/").subprotocol("roompp.v1").connect();
    site.world.settle();
    CHECK(refused.closed().code == 1013);
    CHECK(site.errors.size() == 1);
    CHECK(site.rooms.size() == 0);
    log->unavailable(false);
    auto ann = site.join();
    CHECK(ann.send_message("hi") == 1);
}

TEST_CASE("Who joins while the room is being opened waits, and what it sends is not lost", "[logged]") {
    const auto log = std::make_shared<simulated_log>();
    logged_site site(log);
    log->delay(3s);
    v1_client ann(site.world.client("/chat/tea/?name=Ann").subprotocol("roompp.v1").connect());
    v1_client ben(site.world.client("/chat/tea/?name=Ben").subprotocol("roompp.v1").connect());
    v1_client cid(site.world.client("/chat/tea/?name=Gone").subprotocol("roompp.v1").connect());
    ann.send({{"message", "early"}, {"ack", 1}});
    ann.send({{"type", "ping"}, {"ack", 2}});
    cid.client.drop();
    CHECK(ann.all_frames().empty());
    site.world.advance(10s);
    CHECK(ann.next_frame()["type"] == "history");
    CHECK(ben.next_frame_of("message")["message"] == "early");
    site.world.advance(10s);
    CHECK(ann.next_frame_of("ack")["ack"] == 2);
    CHECK(site.created.size() == 1);
}

TEST_CASE("A server may end while a room is being opened", "[logged]") {
    const auto log = std::make_shared<simulated_log>();
    {
        logged_site site(log);
        log->delay(60s);
        v1_client ann(site.world.client("/chat/tea/").subprotocol("roompp.v1").connect());
        ann.send({{"message", "early"}, {"ack", 1}});
        v1_client ben(site.world.client("/chat/tea/").subprotocol("roompp.v1").connect());
        ben.send({{"message", "early"}, {"ack", 1}});
        ben.client.drop();
        site.world.settle();
        SECTION("at once") {}
        SECTION("politely") { site.world.stop(); }
    }
    CHECK(log->texts("tea").empty());
}

TEST_CASE("A member that sends too much while its room is being opened is closed", "[logged]") {
    const auto log = std::make_shared<simulated_log>();
    logged_site site(log);
    log->delay(60s);
    v1_client ann(site.world.client("/chat/tea/").subprotocol("roompp.v1").connect());
    for (int i = 0; i < 5; ++i) ann.send({{"message", std::string(100'000, 'x')}});
    site.world.settle();
    CHECK(ann.client.closed().code == 1013);
    site.world.advance(61s);
    CHECK(log->texts("tea").empty());
}

TEST_CASE("Members of a logged room resume after a restart of the server", "[logged]") {
    const auto log = std::make_shared<simulated_log>();
    std::string position;
    {
        logged_site site(log);
        auto ann = site.join("name=Ann");
        for (const auto* const text : {"one", "two", "three"}) ann.send_message(text);
        position = position_of(ann, 1);
    }
    logged_site site(log);
    auto ann = site.join("name=Ann&" + position);
    CHECK(ann.history["type"] == "history");
    CHECK(message_texts(ann.history) == strings{"two", "three"});
    CHECK(ann.send_message("four") == 4);
    CHECK(site.created == std::vector<std::uint64_t>{3});
}

TEST_CASE("A log that has lost its last messages resets who has seen them, even if it has as many again", "[logged]") {
    const auto log = std::make_shared<simulated_log>();
    std::string position;
    {
        logged_site site(log);
        auto ann = site.join();
        for (const auto* const text : {"one", "two", "three"}) ann.send_message(text);
        position = position_of(ann, 3);
    }
    log->lose_tail("tea", 1);
    logged_site site(log);
    auto ben = site.join();
    CHECK(ben.send_message("another three") == 3);
    auto ann = site.join(position + "&last=10");
    CHECK(ann.history["type"] == "reset");
    CHECK(message_texts(ann.history) == strings{"one", "two", "another three"});
}

TEST_CASE("A message with a key is in the room once, however often it is sent", "[logged][keys]") {
    const auto log = std::make_shared<simulated_log>();
    std::string token = "&client=ann-0123456789abcdef";
    {
        logged_site site(log);
        auto ann = site.join("name=Ann" + token);
        CHECK(ann.request({{"message", "once"}, {"key", "k1"}})["id"] == 1);
        const auto again = ann.request({{"message", "once"}, {"key", "k1"}});
        CHECK(again["type"] == "ack");
        CHECK(again["id"] == 1);
        CHECK(again["repeated"] == true);
        auto ben = site.join("name=Ben&client=ben-0123456789abcdef");
        CHECK(ben.request({{"message", "of Ben"}, {"key", "k1"}})["id"] == 2);  // the keys of others are others
    }
    logged_site site(log);
    auto ann = site.join("name=Ann" + token);
    CHECK(ann.request({{"message", "once"}, {"key", "k1"}})["repeated"] == true);
    CHECK(log->texts("tea") == strings{"once", "of Ben"});
}

TEST_CASE("Clients that send again until they get an ack have each message in the room once, in order",
          "[logged][keys]") {
    roompp::testing::explore(300, [](std::uint64_t seed) {
        const auto log = std::make_shared<simulated_log>(seed);
        log->delay(std::chrono::milliseconds(seed % 3000));
        std::mt19937_64 random(seed);
        strings sent;
        int number = 0;
        bool is_acknowledged = true;
        for (int server = 0; server < 3; ++server) {
            logged_site site(log, seed);
            for (int connection = 0; connection < 3; ++connection) {
                v1_client ann(
                    site.world.client("/chat/tea/?client=ann-0123456789abcdef").subprotocol("roompp.v1").connect());
                for (int step = 0; step < 5; ++step) {
                    if (is_acknowledged) {
                        sent.push_back("message " + std::to_string(++number));
                        is_acknowledged = false;
                    }
                    if (random() % 4 == 0) log->refuse_next(1);
                    ann.send({{"message", sent.back()}, {"key", std::to_string(number)}, {"ack", number}});
                    site.world.advance(std::chrono::milliseconds(random() % 4000));
                    for (const auto& frame : ann.all_frames())
                        if (frame["type"] == "ack" && frame["ack"] == number) is_acknowledged = true;
                    if (random() % 3 == 0) break;
                }
                if (random() % 2 == 0) ann.client.drop();
            }
            log->unavailable(random() % 4 == 0);
            log->unavailable(false);
        }
        if (!is_acknowledged) sent.pop_back();
        auto texts = log->texts("tea");
        if (texts.size() == sent.size() + 1) texts.pop_back();  // kept, and its ack was lost
        REQUIRE(texts == sent);
    });
}
