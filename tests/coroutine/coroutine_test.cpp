// Message hooks that are coroutines: C++20.

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/net/coroutine.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;
using chat_room = roompp::basic_room<roompp::of_members<fake::member>>;
using awaitable = asio::awaitable<void>;

namespace {

// Suspends coroutines until it is opened.
class gate {
public:
    template <class Executor>
    explicit gate(Executor&& executor)
        : timer_(std::forward<Executor>(executor), std::chrono::steady_clock::time_point::max()) {}
    awaitable pass() {
        std::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    void open() { timer_.cancel(); }

private:
    asio::steady_timer timer_;
};

struct room_fixture {
    void run() {
        while (shard.poll_one()) {}
    }
    roompp::net::shard shard{0, roompp::limits()};
    gate message_gate{shard.context()};
    roompp::rooms<chat_room> rooms{shard.home()};
    std::shared_ptr<fake::member> ann = fake::connect(shard.home());
    std::shared_ptr<fake::member> bob = fake::connect(shard.home());
};

}  // namespace

TEST_CASE("While a coroutine waits, messages of its member are queued and other members are served", "[coroutine]") {
    room_fixture fixture;
    fixture.rooms.on_message([&](chat_room& room, chat_room::member& sender, std::string_view text) -> awaitable {
        const std::string copy(text);
        if (text == "slow") co_await fixture.message_gate.pass();
        CHECK(text == copy);
        room.broadcast(sender.person().id + ' ' + std::string(text));
    });
    auto a = fixture.rooms.join(fixture.ann, "tea", {{"ann", {}, {}}, nullptr, nullptr, 0});
    auto b = fixture.rooms.join(fixture.bob, "tea", {{"bob", {}, {}}, nullptr, nullptr, 0});
    std::vector<std::uint64_t> receipts;
    const auto note = [&](chat_room&, chat_room::member&, const roompp::publication_outcome& outcome) {
        receipts.push_back(outcome.id);
    };
    {
        std::string buffer = "slow";
        a.receive(buffer, note);
        buffer = "????";
    }
    a.receive("after", note);
    b.receive("quick");
    fixture.run();
    CHECK(fixture.bob->received == strings{"bob quick"});
    CHECK(receipts.empty());
    fixture.message_gate.open();
    fixture.run();
    CHECK(fixture.bob->received == strings{"bob quick", "ann slow", "ann after"});
}

TEST_CASE("The receipt of a message that a coroutine handles has the number of its broadcast", "[coroutine]") {
    room_fixture fixture;
    fixture.rooms.on_message([&](chat_room::member& sender, std::string_view text) -> awaitable {
        co_await fixture.message_gate.pass();
        if (text != "drop") sender.broadcast(text);
    });
    auto a = fixture.rooms.join(fixture.ann, "tea");
    std::vector<std::uint64_t> receipts;
    const auto note = [&](chat_room&, chat_room::member&, const roompp::publication_outcome& outcome) {
        receipts.push_back(outcome.id);
    };
    for (const char* text : {"a", "drop", "b"}) a.receive(text, note);
    for (int i = 0; i < 3; ++i) {
        fixture.run();
        fixture.message_gate.open();
    }
    fixture.run();
    CHECK(receipts == std::vector<std::uint64_t>{1, 0, 2});
}

TEST_CASE("An exception in a coroutine closes its connection and is reported", "[coroutine]") {
    room_fixture fixture;
    int failures = 0;
    fixture.rooms.on_error([&] { ++failures; });
    fixture.rooms.on_message([&](chat_room::member&, std::string_view text) -> awaitable {
        if (text == "now") throw std::runtime_error("at once");
        co_await fixture.message_gate.pass();
        throw std::runtime_error("later");
    });
    auto a = fixture.rooms.join(fixture.ann, "tea");
    auto b = fixture.rooms.join(fixture.bob, "tea");
    a.receive("now");
    b.receive("later");
    fixture.run();
    fixture.message_gate.open();
    fixture.run();
    CHECK(failures == 2);
    CHECK(fixture.ann->close_codes() == std::vector<std::uint16_t>{1011});
    CHECK(fixture.bob->close_codes() == std::vector<std::uint16_t>{1011});
}

TEST_CASE("A member may leave while its coroutine waits; its queued messages are then not handled", "[coroutine]") {
    room_fixture fixture;
    strings handled;
    fixture.rooms.on_message([&](chat_room& room, chat_room::member& sender, std::string_view text) -> awaitable {
        handled.emplace_back(text);
        co_await fixture.message_gate.pass();
        CHECK(sender.broadcast(text) == 0);
        CHECK(room.name() == "tea");
    });
    auto a = fixture.rooms.join(fixture.ann, "tea");
    a.receive("one");
    a.receive("two");
    fixture.run();
    a.leave();
    fixture.run();
    CHECK(fixture.rooms.size() == 0);
    fixture.message_gate.open();
    fixture.run();
    CHECK(handled == strings{"one"});
}

TEST_CASE("A member with too many queued messages is closed with 1013", "[coroutine]") {
    room_fixture fixture;
    fixture.rooms.on_message([&](std::string_view) -> awaitable { co_await fixture.message_gate.pass(); });
    auto a = fixture.rooms.join(fixture.ann, "tea");
    for (std::size_t i = 0; i <= roompp::message_queue::max_messages; ++i) a.receive("x");
    CHECK_FALSE(fixture.ann->closed());
    a.receive("x");
    CHECK(fixture.ann->close_codes() == std::vector<std::uint16_t>{1013});
}

TEST_CASE("A coroutine that never ends is destroyed with its loop", "[coroutine]") {
    auto fixture = std::make_unique<room_fixture>();
    fixture->rooms.on_message([&](std::string_view) -> awaitable { co_await fixture->message_gate.pass(); });
    auto a = fixture->rooms.join(fixture->ann, "tea");
    a.receive("x");
    fixture->run();
    a.leave();
    fixture->run();
    CHECK(fixture->rooms.size() == 0);
}

namespace {

// A route without rooms, whose coroutine waits for the gate at "slow", and throws at "fail".
struct route_fixture {
    route_fixture() {
        roompp::websocket_handler handler;
        handler
            .on_message([this](roompp::connection& connection, std::string_view text) -> awaitable {
                const std::string copy(text);
                handled.push_back(copy);
                if (text == "slow") {
                    message_gate = std::make_unique<gate>(co_await asio::this_coro::executor);
                    co_await message_gate->pass();
                }
                if (text == "fail") throw std::runtime_error("a handler was told to fail");
                CHECK(text == copy);
                connection.send(text);
            })
            .on_close([this](const roompp::close_event& event) { closed.push_back(event.code); })
            .on_error([this] { ++errors; });
        server.websocket("/", handler);
    }
    strings handled;
    std::vector<std::uint16_t> closed;
    int errors = 0;
    roompp::server server;
    std::unique_ptr<gate> message_gate;  // of the server's loop, which must outlive it
};

}  // namespace

TEST_CASE("While a route's coroutine waits, messages of its connection are queued and other connections are served",
          "[coroutine]") {
    route_fixture fixture;
    roompp::testing::world world(fixture.server);
    auto ann = world.connect("/").send("slow").send("after");
    auto bob = world.connect("/").send("quick").expect("quick");
    ann.receive_nothing();
    CHECK(fixture.handled == strings{"slow", "quick"});
    fixture.message_gate->open();
    ann.expect("slow").expect("after");
    CHECK(fixture.errors == 0);
}

TEST_CASE("An exception in a route's coroutine closes its connection with 1011 and is reported", "[coroutine]") {
    route_fixture fixture;
    roompp::testing::world world(fixture.server);
    auto bob = world.connect("/");
    CHECK(world.connect("/").send("fail").closed().code == 1011);
    auto ann = world.connect("/").send("slow").send("fail").send("after");
    world.settle();
    fixture.message_gate->open();
    ann.expect("slow");
    CHECK(ann.closed().code == 1011);
    CHECK(fixture.errors == 2);
    CHECK(fixture.closed.size() == 2);
    bob.send("hi").expect("hi");
}

TEST_CASE("A client may disconnect while its coroutine waits; its queued messages are then not handled",
          "[coroutine]") {
    route_fixture fixture;
    roompp::testing::world world(fixture.server);
    auto ann = world.connect("/").send("slow").send("after");
    world.settle();
    ann.drop();
    world.settle();
    CHECK(fixture.closed == std::vector<std::uint16_t>{1006});
    fixture.message_gate->open();
    world.settle();
    CHECK(fixture.handled == strings{"slow"});
    CHECK(fixture.errors == 0);
}
