// Event streams of large rooms, and of those who do not read.

#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

template <class... Policies>
struct scene {
    using room = roompp::basic_room<roompp::ring_history<100>, Policies...>;
    explicit scene(std::size_t queue_bytes) {
        roompp::limits bounds;
        bounds.queue_bytes = queue_bytes;
        bounds.messages_per_second = 0;
        server.limits(bounds);
        server.websocket("/ws/{room}/", rooms, protocol);
        rooms.on_message([](room& in, typename room::member& sender, std::string_view text) {
            if (text == "each")
                in.for_each([](typename room::member& member) { member.send("for you"); });
            else
                sender.broadcast(text);
        });
        roompp::http_rooms(server, rooms, protocol).event_route("/events/{room}/").post_route("/send/{room}/");
    }
    roompp::v1_protocol protocol;
    roompp::rooms<room> rooms;
    roompp::server server;
};

std::string frame(const std::string& text) { return R"({"message":")" + text + R"("})"; }

std::size_t count(std::string_view text, std::string_view of) {
    std::size_t n = 0;
    for (auto at = text.find(of); at != std::string_view::npos; at = text.find(of, at + of.size())) ++n;
    return n;
}

/// Somebody who does not read while much is said, and then does. @returns all that the stream has brought.
template <class Policy>
std::string read_late(std::size_t messages, bool* is_open = nullptr) {
    scene<Policy> some(12'000);
    t::world world(some.server);
    auto speaker = world.http();
    auto slow = world.http();
    slow.start("GET", "/events/a/");
    world.settle();
    std::string got = slow.more_body();
    slow.pause_reading();
    const std::string big(3000, 'x');
    for (std::size_t i = 1; i <= messages; ++i) {
        CHECK(speaker.post("/send/a/", frame(big + std::to_string(i) + '.')).status == 200);
        if (i == messages / 2) CHECK(speaker.post("/send/a/", frame("each")).status == 409);  // it is not broadcast
    }
    slow.resume_reading();
    world.settle();
    got += slow.more_body();
    if (is_open) *is_open = slow.is_connected();
    return got;
}

}  // namespace

TEST_CASE("A stream begins even if what it begins with is more than may wait", "[events]") {
    scene<> some(1000);
    t::world world(some.server);
    auto speaker = world.http();
    for (int i = 1; i <= 10; ++i) CHECK(speaker.post("/send/a/", frame(std::string(500, 'x'))).status == 200);
    auto reader = world.http();
    reader.start("GET", "/events/a/?last=10");
    const auto begun = reader.more_body();
    CHECK(count(begun, R"("id":)") >= 10);
    CHECK(speaker.post("/send/a/", frame(std::string(5000, 'y'))).status == 200);
    CHECK(count(reader.more_body(), std::string(5000, 'y')) == 1);
    CHECK(reader.is_connected());
}

TEST_CASE("A stream that is not read is cut off where a room says nothing else", "[events]") {
    bool is_open = true;
    CHECK(count(read_late<roompp::disconnect_slow>(60, &is_open), R"("type":"message")") < 60);
    CHECK_FALSE(is_open);
}

TEST_CASE("A stream that is not read skips to the latest where the room does", "[events]") {
    bool is_open = false;
    const auto got = read_late<roompp::skip_to_latest>(60, &is_open);
    CHECK(is_open);
    CHECK(count(got, R"("type":"message")") < 40);
    CHECK(count(got, "x60.") == 1);
    CHECK(count(got, R"("message":"for you")") == 1);  // what is for one alone is never dropped
}

TEST_CASE("A stream that is not read loses the oldest where the room drops those", "[events]") {
    bool is_open = false;
    const auto got = read_late<roompp::drop_oldest>(60, &is_open);
    CHECK(is_open);
    CHECK(count(got, R"("type":"message")") < 40);
    for (int i = 58; i <= 60; ++i) CHECK(count(got, 'x' + std::to_string(i) + '.') == 1);
    CHECK(count(got, R"("message":"for you")") == 1);
}
