// Message hooks that are coroutines: C++20.

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;
using room = roompp::basic_room<roompp::of_members<fake::member>>;
using awaitable = asio::awaitable<void>;

namespace {

// Holds coroutines until it is opened.
class gate {
public:
    template <class Executor>
    explicit gate(Executor&& where)
        : timer_(std::forward<Executor>(where), std::chrono::steady_clock::time_point::max()) {}
    awaitable pass() {
        std::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    void open() { timer_.cancel(); }

private:
    asio::steady_timer timer_;
};

struct scene {
    void run() {
        while (shard.poll_one()) {}
    }
    roompp::net::shard shard{0, roompp::limits()};
    gate held{shard.context()};
    roompp::rooms<room> rooms{shard.home()};
    std::shared_ptr<fake::member> ann = fake::connect(shard.home());
    std::shared_ptr<fake::member> bob = fake::connect(shard.home());
};

}  // namespace

TEST_CASE("A coroutine may wait, its member's further messages wait for it, and others go on", "[coroutine]") {
    scene some;
    some.rooms.on_message([&](room& in, room::member& from, std::string_view text) -> awaitable {
        const std::string copy(text);
        if (text == "slow") co_await some.held.pass();
        CHECK(text == copy);
        in.broadcast(from.person().id + ' ' + std::string(text));
    });
    auto a = some.rooms.join(some.ann, "tea", {{"ann", {}, {}}, nullptr, nullptr, 0});
    auto b = some.rooms.join(some.bob, "tea", {{"bob", {}, {}}, nullptr, nullptr, 0});
    std::vector<std::uint64_t> receipts;
    const auto note = [&](room&, room::member&, std::uint64_t id) { receipts.push_back(id); };
    {
        std::string gone = "slow";
        a.receive(gone, note);
        gone = "????";
    }
    a.receive("after", note);
    b.receive("quick");
    some.run();
    CHECK(some.bob->received == strings{"bob quick"});
    CHECK(receipts.empty());
    some.held.open();
    some.run();
    CHECK(some.bob->received == strings{"bob quick", "ann slow", "ann after"});
}

TEST_CASE("A receipt of a coroutine's message has the number of what its member said", "[coroutine]") {
    scene some;
    some.rooms.on_message([&](room::member& from, std::string_view text) -> awaitable {
        co_await some.held.pass();
        if (text != "drop") from.broadcast(text);
    });
    auto a = some.rooms.join(some.ann, "tea");
    std::vector<std::uint64_t> receipts;
    const auto note = [&](room&, room::member&, std::uint64_t id) { receipts.push_back(id); };
    for (const char* text : {"a", "drop", "b"}) a.receive(text, note);
    for (int i = 0; i < 3; ++i) {
        some.run();
        some.held.open();
    }
    some.run();
    CHECK(receipts == std::vector<std::uint64_t>{1, 0, 2});
}

TEST_CASE("An exception in a coroutine closes its connection and is reported", "[coroutine]") {
    scene some;
    int failures = 0;
    some.rooms.on_error([&] { ++failures; });
    some.rooms.on_message([&](room::member&, std::string_view text) -> awaitable {
        if (text == "now") throw std::runtime_error("at once");
        co_await some.held.pass();
        throw std::runtime_error("later");
    });
    auto a = some.rooms.join(some.ann, "tea");
    auto b = some.rooms.join(some.bob, "tea");
    a.receive("now");
    b.receive("later");
    some.run();
    some.held.open();
    some.run();
    CHECK(failures == 2);
    CHECK(some.ann->close_codes() == std::vector<std::uint16_t>{1011});
    CHECK(some.bob->close_codes() == std::vector<std::uint16_t>{1011});
}

TEST_CASE("A member may leave while its coroutine waits; what it sent after that is not handled", "[coroutine]") {
    scene some;
    strings handled;
    some.rooms.on_message([&](room& in, room::member& from, std::string_view text) -> awaitable {
        handled.emplace_back(text);
        co_await some.held.pass();
        CHECK(from.broadcast(text) == 0);
        CHECK(in.name() == "tea");
    });
    auto a = some.rooms.join(some.ann, "tea");
    a.receive("one");
    a.receive("two");
    some.run();
    a.leave();
    some.run();
    CHECK(some.rooms.size() == 0);
    some.held.open();
    some.run();
    CHECK(handled == strings{"one"});
}

TEST_CASE("A member that sends more than its coroutine can take is closed with 1013", "[coroutine]") {
    scene some;
    some.rooms.on_message([&](std::string_view) -> awaitable { co_await some.held.pass(); });
    auto a = some.rooms.join(some.ann, "tea");
    for (std::size_t i = 0; i <= roompp::message_queue::max_messages; ++i) a.receive("x");
    CHECK_FALSE(some.ann->closed());
    a.receive("x");
    CHECK(some.ann->close_codes() == std::vector<std::uint16_t>{1013});
}

TEST_CASE("A coroutine that never ends goes with its loop", "[coroutine]") {
    auto some = std::make_unique<scene>();
    some->rooms.on_message([&](std::string_view) -> awaitable { co_await some->held.pass(); });
    auto a = some->rooms.join(some->ann, "tea");
    a.receive("x");
    some->run();
    a.leave();
    some->run();
    CHECK(some->rooms.size() == 0);
}

namespace {

// A route without rooms, whose coroutine waits at "slow" until open(), and throws at "fail".
struct route {
    route() {
        roompp::websocket_handler handler;
        handler
            .on_message([this](roompp::connection& from, std::string_view text) -> awaitable {
                const std::string copy(text);
                handled.push_back(copy);
                if (text == "slow") {
                    held = std::make_unique<gate>(co_await asio::this_coro::executor);
                    co_await held->pass();
                }
                if (text == "fail") throw std::runtime_error("a handler was told to fail");
                CHECK(text == copy);
                from.send(text);
            })
            .on_close([this](const roompp::close_event& how) { closed.push_back(how.code); })
            .on_error([this] { ++errors; });
        server.websocket("/", handler);
    }
    strings handled;
    std::vector<std::uint16_t> closed;
    int errors = 0;
    std::unique_ptr<gate> held;
    roompp::server server;
};

}  // namespace

TEST_CASE("A route's coroutine may wait, its connection's further messages wait for it, and others go on",
          "[coroutine]") {
    route some;
    roompp::testing::world world(some.server);
    auto ann = world.connect("/").send("slow").send("after");
    auto bob = world.connect("/").send("quick").expect("quick");
    ann.receive_nothing();
    CHECK(some.handled == strings{"slow", "quick"});
    some.held->open();
    ann.expect("slow").expect("after");
    CHECK(some.errors == 0);
}

TEST_CASE("An exception in a route's coroutine closes its connection with 1011 and is reported", "[coroutine]") {
    route some;
    roompp::testing::world world(some.server);
    auto bob = world.connect("/");
    CHECK(world.connect("/").send("fail").closed().code == 1011);
    auto ann = world.connect("/").send("slow").send("fail").send("after");
    world.settle();
    some.held->open();
    ann.expect("slow");
    CHECK(ann.closed().code == 1011);
    CHECK(some.errors == 2);
    CHECK(some.closed.size() == 2);
    bob.send("hi").expect("hi");
}

TEST_CASE("A client may go while its route's coroutine waits; what it sent after that is not handled", "[coroutine]") {
    route some;
    roompp::testing::world world(some.server);
    auto ann = world.connect("/").send("slow").send("after");
    world.settle();
    ann.drop();
    world.settle();
    CHECK(some.closed == std::vector<std::uint16_t>{1006});
    some.held->open();
    world.settle();
    CHECK(some.handled == strings{"slow"});
    CHECK(some.errors == 0);
}
