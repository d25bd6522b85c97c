// Members on another loop than their room.

#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

}  // namespace

TEST_CASE("Members on another loop get the same order, on their own loop", "[rooms][loops]") {
    fake::manual_loop home(0);
    fake::manual_loop away(1);
    rooms all(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(away);
    away.belong_to_another_thread();
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("1");
    all.broadcast("tea", "2");
    in_b.receive("3");
    home.run();
    CHECK(a->received == strings{"1", "2", "3"});
    CHECK(b->received.empty());
    away.run();
    CHECK(b->received == a->received);
    CHECK(a->on_own_loop);
    CHECK(b->on_own_loop);
    away.get().leave();
}

TEST_CASE("Who joins or leaves from another loop gets exactly what is said meanwhile", "[rooms][loops]") {
    fake::manual_loop home(0);
    fake::manual_loop away(1);
    rooms all(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(away);
    away.belong_to_another_thread();
    auto in_a = all.join(a, "tea");
    in_a.receive("1");
    auto in_b = all.join(b, "tea");
    in_a.receive("2");
    in_b.leave();
    in_a.receive("3");
    home.run();
    away.run();
    CHECK(a->received == strings{"1", "2", "3"});
    CHECK(b->received == strings{"2"});
    away.get().leave();
}

TEST_CASE("Who is faster than its room's loop is held until that has caught up", "[rooms][loops]") {
    fake::manual_loop home(0);
    fake::manual_loop away(1);
    rooms all(home);
    const auto connection = fake::connect(away);
    home.belong_to_another_thread();
    away.belong_to_another_thread();
    auto in = all.join(connection, "tea");
    std::size_t sent = 0;
    std::size_t bytes = 0;
    const auto talk_until_held = [&](std::size_t size) {
        const std::string text(size, 'x');
        while (connection->holds == 0 && sent < 100'000) {
            in.receive(text);
            ++sent;
            bytes += size;
        }
    };
    SECTION("long messages") {
        talk_until_held(50'000);
        CHECK(bytes < 512 * 1024);
    }
    SECTION("messages without any text cost something too") {
        talk_until_held(0);
        CHECK(sent < 4096);
    }
    SECTION("and whatever else is handed over") {
        while (connection->holds == 0 && sent < 100'000) {
            in.visit(1000, [](room& tea, room::member&) { tea.broadcast("x"); });
            ++sent;
        }
        CHECK(sent < 1000);
    }
    CHECK(connection->holds == 1);
    home.run();
    CHECK(connection->holds == 1);  // it is for its own loop to go on
    away.run();
    CHECK(connection->holds == 0);
    CHECK(connection->received.size() == sent);
    home.get().leave();
    away.get().leave();
}

TEST_CASE("Nobody is held by a room on its own loop, or after it has gone", "[rooms][loops]") {
    fake::manual_loop home(0);
    fake::manual_loop away(1);
    rooms all(home);
    const std::string text(300'000, 'x');
    const auto near = fake::connect(home);
    auto in_near = all.join(near, "tea");
    for (int i = 0; i < 10; ++i) in_near.receive(text);
    CHECK(near->holds == 0);

    const auto far = fake::connect(away);
    home.belong_to_another_thread();
    away.belong_to_another_thread();
    auto in_far = all.join(far, "tea");
    in_far.receive(text);
    in_far.receive(text);
    CHECK(far->holds == 2);
    in_far.leave();
    home.run();
    away.run();
    CHECK(far->holds == 0);
    home.get().leave();
    away.get().leave();
}

TEST_CASE("Exceptions and single messages reach members on another loop in order", "[rooms][loops]") {
    fake::manual_loop home(0);
    fake::manual_loop away(1);
    rooms all(home);
    all.on_message([](room& in, room::member& sender, std::string_view text) {
        in.broadcast_except(sender, text);
        sender.send("ack " + std::string(text));
    });
    const auto a = fake::connect(home);
    const auto b = fake::connect(away);
    away.belong_to_another_thread();
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("1");
    in_b.receive("2");
    home.run();
    away.run();
    CHECK(a->received == strings{"ack 1", "2"});
    CHECK(b->received == strings{"1", "ack 2"});
    away.get().leave();
}

TEST_CASE("A member that a waiting delivery makes an exception for may go first", "[rooms][loops]") {
    // The address sanitizer sees it if the delivery still looks at the member.
    fake::manual_loop home(0);
    fake::manual_loop away(1);
    rooms all(home);
    all.on_message([](room& in, room::member& sender, std::string_view text) { in.broadcast_except(sender, text); });
    const auto b = fake::connect(away);
    away.belong_to_another_thread();
    auto in_b = all.join(b, "tea");
    {
        auto in_a = all.join(fake::connect(home), "tea");
        in_a.receive("1");
    }
    home.run();
    away.run();
    CHECK(b->received == strings{"1"});
    away.get().leave();
}

TEST_CASE("A membership may be the last to know its directory when it leaves from another loop", "[rooms][loops]") {
    // The address sanitizer sees it if the room is gone before the leaving arrives.
    fake::manual_loop home(0);
    fake::manual_loop away(1);
    int left = 0;
    home.belong_to_another_thread();
    {
        rooms all(home);
        all.on_leave([&] { ++left; });
        auto in_a = all.join(fake::connect(away), "tea");
        home.run();
    }
    home.run();
    CHECK(left == 1);
    home.get().leave();
}

TEST_CASE("A connection that is gone before its join arrives never was a member", "[rooms][loops]") {
    fake::manual_loop home(0);
    fake::manual_loop away(1);
    rooms all(home);
    int joined = 0;
    int left = 0;
    all.on_join([&] { ++joined; }).on_leave([&] { ++left; });
    const auto a = fake::connect(away);
    home.belong_to_another_thread();
    { auto in_a = all.join(a, "tea"); }
    CHECK(all.size() == 0);
    home.run();
    CHECK(joined == left);
    CHECK(all.size() == 0);
    CHECK(a->received.empty());
    home.get().leave();
}
