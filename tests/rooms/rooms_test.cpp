// Rooms from the first join to the last leave, on one loop and on several.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

std::string message_of(const std::exception_ptr& problem) {
    try {
        std::rethrow_exception(problem);
    } catch (const std::exception& known) {
        return known.what();
    }
}

}  // namespace

TEST_CASE("A room appears on its first join and goes with its last member", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    strings events;
    all.on_create([&](room& made) { events.push_back("create " + made.name()); })
        .on_join([&](room& in) { events.push_back("join " + std::to_string(in.size())); })
        .on_leave([&](room& in) { events.push_back("leave " + std::to_string(in.size())); })
        .on_destroy([&](room& gone) { events.push_back("destroy " + gone.name()); });
    CHECK(all.size() == 0);
    auto a = all.join(fake::connect(home), "tea");
    CHECK(all.size() == 1);
    auto b = all.join(fake::connect(home), "tea");
    CHECK(all.size() == 1);
    a.leave();
    CHECK(all.size() == 1);
    b.leave();
    CHECK(all.size() == 0);
    auto c = all.join(fake::connect(home), "tea");
    CHECK(events ==
          strings{"create tea", "join 1", "join 2", "leave 1", "leave 0", "destroy tea", "create tea", "join 1"});
}

TEST_CASE("Without a message hook everyone gets every message, the sender too", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("hi");
    in_b.receive(roompp::binary("ho"));
    home.run();
    for (const auto& one : {a, b}) {
        CHECK(one->received == strings{"hi", "ho"});
        CHECK(one->kinds[0] == roompp::payload_kind::text);
        CHECK(one->kinds[1] == roompp::payload_kind::binary);
    }
}

TEST_CASE("Broadcasts, exceptions and single messages keep one order in a room", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    all.on_message([](room& in, auto& from, std::string_view text) {
        in.broadcast("all " + std::string(text));
        from.send("you " + std::string(text));
        in.broadcast_except(from, "others " + std::string(text));
    });
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("1");
    in_b.receive("2");
    home.run();
    CHECK(a->received == strings{"all 1", "you 1", "all 2", "others 2"});
    CHECK(b->received == strings{"all 1", "others 1", "all 2", "you 2"});
}

TEST_CASE("A room sends to one of its members, and to no member of another room", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::shared_ptr<room> tea;
    all.on_join([&](room& in) {
        if (in.name() == "tea") tea = in.shared_from_this();
    });
    all.on_message([&](room&, room::member& from, std::string_view text) {
        tea->broadcast("for all");
        tea->send(from, text);
        tea->send(from, roompp::binary("bytes"));
    });
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    const auto c = fake::connect(home);
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    auto in_c = all.join(c, "milk");
    in_a.receive("hi");
    in_c.receive("hello");
    home.run();
    CHECK(a->received == strings{"for all", "hi", "bytes", "for all"});
    CHECK(a->kinds[2] == roompp::payload_kind::binary);
    CHECK(b->received == strings{"for all", "for all"});
    CHECK(c->received.empty());
}

TEST_CASE("Who joins a room in mid-turn gets nothing that was said before", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea");
    in_a.receive("before");
    auto in_b = all.join(b, "tea");
    in_a.receive("after");
    home.run();
    CHECK(a->received == strings{"before", "after"});
    CHECK(b->received == strings{"after"});
}

TEST_CASE("Who leaves a room still gets what was said before", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("before");
    in_a.leave();
    in_b.receive("after");
    home.run();
    CHECK(a->received == strings{"before"});
    CHECK(b->received == strings{"before", "after"});
}

TEST_CASE("A member that joins already gets what its join hook says", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    all.on_join([](room& in, room::member& who) {
        in.broadcast("someone came");
        who.send("welcome");
    });
    const auto a = fake::connect(home);
    const auto in_a = all.join(a, "tea");
    home.run();
    CHECK(a->received == strings{"someone came", "welcome"});
}

TEST_CASE("A leave hook is told why and can tell the others", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<std::uint16_t> codes;
    all.on_leave([&](room& in, room::member&, const roompp::close_event& why) {
        codes.push_back(why.code);
        in.broadcast("left: " + why.reason);
    });
    const auto a = fake::connect(home);
    const auto in_a = all.join(a, "tea");
    auto in_b = all.join(fake::connect(home), "tea");
    in_b.leave({4002, "bored"});
    { const auto in_c = all.join(fake::connect(home), "tea"); }
    home.run();
    CHECK(codes == std::vector<std::uint16_t>{4002, 1000});
    CHECK(a->received == strings{"left: bored", "left: "});
}

TEST_CASE("A member may leave within a handler", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int left = 0;
    all.on_message([](room& in, room::member& from, std::string_view text) {
        if (text == "bye") from.leave();
        in.broadcast(text);
    });
    all.on_leave([&] { ++left; });
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("hi");
    in_a.receive("bye");
    in_a.receive("unheard");
    home.run();
    CHECK(a->received == strings{"hi"});
    CHECK(b->received == strings{"hi", "bye"});
    CHECK_FALSE(a->closed());
    in_a.leave();
    CHECK(left == 1);
    in_b.receive("bye");
    CHECK(all.size() == 0);
    CHECK(left == 2);
}

TEST_CASE("A member may leave within the hook of its own join", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int gone = 0;
    all.on_join([](room::member& who) { who.leave(); }).on_destroy([&] { ++gone; });
    auto in_a = all.join(fake::connect(home), "tea");
    CHECK(all.size() == 0);
    CHECK(gone == 1);
    in_a.receive("unheard");
    in_a.leave();
    home.run();
    CHECK(gone == 1);
}

TEST_CASE("A member may be closed within a handler, and leaves when its connection has ended", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    all.on_message([](room::member& from) { from.close(4003, "enough"); });
    const auto a = fake::connect(home);
    auto in_a = all.join(a, "tea");
    in_a.receive("x");
    CHECK(a->close_codes() == std::vector<std::uint16_t>{4003});
    CHECK(a->close_reason() == "enough");
    CHECK(all.size() == 1);
    in_a.leave();
    CHECK(all.size() == 0);
}

TEST_CASE("An exception in a handler closes only its connection and is reported", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    strings problems;
    all.on_message([](room& in, std::string_view text) {
           if (text == "bad") throw std::runtime_error("can't");
           in.broadcast(text);
       })
        .on_error(
            [&](room& in, std::exception_ptr problem) { problems.push_back(in.name() + ": " + message_of(problem)); });
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea");
    auto in_b = all.join(b, "tea");
    in_a.receive("bad");
    in_b.receive("good");
    home.run();
    CHECK(problems == strings{"tea: can't"});
    CHECK(a->close_codes() == std::vector<std::uint16_t>{roompp::close_code::internal_error});
    CHECK_FALSE(b->closed());
    CHECK(b->received == strings{"good"});
}

TEST_CASE("An exception in any hook is reported and harms nobody else", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int problems = 0;
    const auto fail = [] { throw std::runtime_error("can't"); };
    all.on_error([&] { ++problems; });
    const auto a = fake::connect(home);
    SECTION("in the create hook") {
        all.on_create(fail);
        auto in_a = all.join(a, "tea");
        CHECK(a->close_codes() == std::vector<std::uint16_t>{1011});
    }
    SECTION("in the join hook") {
        all.on_join(fail);
        auto in_a = all.join(a, "tea");
        CHECK(a->close_codes() == std::vector<std::uint16_t>{1011});
    }
    SECTION("in the leave hook") {
        all.on_leave(fail);
        auto in_a = all.join(a, "tea");
    }
    SECTION("in the destroy hook") {
        all.on_destroy(fail);
        auto in_a = all.join(a, "tea");
    }
    CHECK(problems == 1);
    CHECK(all.size() == 0);
}

TEST_CASE("A room is destroyed once, even if a leave hook empties it", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int gone = 0;
    all.on_leave([](room& in) { in.for_each([](room::member& other) { other.leave(); }); });
    all.on_destroy([&] { ++gone; });
    auto in_a = all.join(fake::connect(home), "tea");
    auto in_b = all.join(fake::connect(home), "tea");
    auto in_c = all.join(fake::connect(home), "tea");
    in_a.leave();
    CHECK(all.size() == 0);
    CHECK(gone == 1);
}

TEST_CASE("A room that is joined again while its last member leaves stays", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int gone = 0;
    rooms::membership next;
    const auto b = fake::connect(home);
    bool joined_again = false;
    all.on_leave([&] {
        if (!std::exchange(joined_again, true)) next = all.join(b, "tea");
    });
    all.on_destroy([&] { ++gone; });
    auto in_a = all.join(fake::connect(home), "tea");
    in_a.leave();
    CHECK(gone == 0);
    CHECK(all.size() == 1);
    all.broadcast("tea", "hi");
    home.run();
    CHECK(b->received == strings{"hi"});
    next.leave();
    CHECK(gone == 1);
}

TEST_CASE("A membership ends with its object and can be moved", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    {
        auto first = all.join(a, "tea");
        auto second = std::move(first);
        CHECK(second);
        CHECK(all.list().front().members == 1);
        second.receive("one");
        home.run();
        second = all.join(b, "coffee");
        CHECK(all.size() == 1);
        second.receive("two");
        home.run();
        rooms::membership none;
        CHECK_FALSE(none);
        none.receive("nothing");
        none.leave();
        none = std::move(second);
        CHECK(none);
        CHECK(all.size() == 1);
    }
    CHECK(all.size() == 0);
    CHECK(a->received == strings{"one"});
    CHECK(b->received == strings{"two"});
}

TEST_CASE("A membership that was left does nothing more", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    int left = 0;
    all.on_leave([&] { ++left; });
    const auto a = fake::connect(home);
    auto in_a = all.join(a, "tea");
    in_a.leave();
    CHECK_FALSE(in_a);
    in_a.leave();
    in_a.receive("unheard");
    home.run();
    CHECK(left == 1);
    CHECK(a->received.empty());
}

TEST_CASE("A connection may be in several rooms, and twice in one", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto a = fake::connect(home);
    auto in_tea = all.join(a, "tea");
    auto in_coffee = all.join(a, "coffee");
    all.broadcast("tea", "t");
    home.run();
    all.broadcast("coffee", "c");
    home.run();
    CHECK(a->received == strings{"t", "c"});
    in_tea.leave();
    all.broadcast("tea", "t");
    all.broadcast("coffee", "c");
    home.run();
    CHECK(a->received == strings{"t", "c", "c"});
    auto again = all.join(a, "coffee");
    all.broadcast("coffee", "d");
    home.run();
    CHECK(a->received == strings{"t", "c", "c", "d", "d"});
}

TEST_CASE("Rooms are listed by name, as many as are asked for", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<rooms::membership> members;
    for (const char* name : {"tea", "coffee", "tea", "water"}) members.push_back(all.join(fake::connect(home), name));
    const auto listed = all.list();
    REQUIRE(listed.size() == 3);
    CHECK(listed[0].name == "coffee");
    CHECK(listed[0].members == 1);
    CHECK(listed[1].name == "tea");
    CHECK(listed[1].members == 2);
    CHECK(listed[2].name == "water");
    CHECK(all.list(2).size() == 2);
    CHECK(all.list(0).empty());
}

TEST_CASE("A room is found by its name, if there is one", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    const auto in_a = all.join(fake::connect(home), "tea");
    std::size_t size = 0;
    CHECK(all.with("tea", [&](room& found) { size = found.size(); }));
    CHECK(size == 1);
    CHECK_FALSE(all.with("te", [&](room&) { size = 99; }));
    all.broadcast("te", "lost");
    home.run();
    CHECK(size == 1);
}

TEST_CASE("Rooms without a loop, or with another one, say what is wrong", "[rooms]") {
    fake::manual_loop home;
    fake::manual_loop other;
    rooms all;
    CHECK_THROWS_AS((void)all.join(fake::connect(home), "tea"), std::logic_error);
    all.attach({&home.get()});
    CHECK_NOTHROW(all.attach({&home.get()}));
    CHECK_THROWS_AS(all.attach({&other.get()}), std::logic_error);
}

TEST_CASE("Copies of a directory are one directory", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    rooms copy = all;
    const auto in_a = all.join(fake::connect(home), "tea");
    CHECK(copy.size() == 1);
}

TEST_CASE("A membership keeps its room going when the directory's handles are gone", "[rooms]") {
    fake::manual_loop home;
    const auto a = fake::connect(home);
    rooms::membership in_a;
    int left = 0;
    {
        rooms all(home);
        all.on_leave([&] { ++left; });
        in_a = all.join(a, "tea");
    }
    in_a.receive("hi");
    home.run();
    CHECK(a->received == strings{"hi"});
    in_a.leave();
    CHECK(left == 1);
}

TEST_CASE("A message is encoded once for a thousand members", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<rooms::membership> members;
    for (int i = 0; i < 1000; ++i) members.push_back(all.join(fake::connect(home), "tea"));
    const std::size_t before = fake::batch::encoded();
    members[7].receive("one");
    home.run();
    CHECK(fake::batch::encoded() - before == 1);
    members[7].receive("two");
    members[8].receive("three");
    home.run();
    CHECK(fake::batch::encoded() - before == 3);
}

TEST_CASE("Ten thousand members all get every message until they leave", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<std::shared_ptr<fake::member>> connections;
    std::vector<rooms::membership> members;
    for (int i = 0; i < 10'000; ++i) members.push_back(all.join(connections.emplace_back(fake::connect(home)), "tea"));
    CHECK(all.list().front().members == 10'000);
    all.broadcast("tea", "one");
    home.run();
    for (std::size_t i = 0; i < members.size(); i += 2) members[i].leave();
    all.broadcast("tea", "two");
    home.run();
    std::size_t right = 0;
    for (std::size_t i = 0; i < connections.size(); ++i)
        right += connections[i]->received == (i % 2 == 0 ? strings{"one"} : strings{"one", "two"}) ? 1U : 0U;
    CHECK(right == 10'000);
    members.clear();
    CHECK(all.size() == 0);
}

TEST_CASE("Many rooms keep apart", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    std::vector<std::shared_ptr<fake::member>> connections;
    std::vector<rooms::membership> members;
    for (int i = 0; i < 2000; ++i)
        members.push_back(all.join(connections.emplace_back(fake::connect(home)), "room " + std::to_string(i / 2)));
    CHECK(all.size() == 1000);
    for (std::size_t i = 0; i < members.size(); i += 2) members[i].receive(std::to_string(i / 2));
    home.run();
    std::size_t right = 0;
    for (std::size_t i = 0; i < connections.size(); ++i)
        right += connections[i]->received == strings{std::to_string(i / 2)} ? 1U : 0U;
    CHECK(right == 2000);
    members.clear();
    CHECK(all.size() == 0);
}

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
    const auto one = fake::connect(away);
    home.belong_to_another_thread();
    away.belong_to_another_thread();
    auto in = all.join(one, "tea");
    std::size_t said = 0;
    std::size_t bytes = 0;
    const auto talk_until_held = [&](std::size_t size) {
        const std::string text(size, 'x');
        while (one->holds == 0 && said < 100'000) {
            in.receive(text);
            ++said;
            bytes += size;
        }
    };
    SECTION("long messages") {
        talk_until_held(50'000);
        CHECK(bytes < 512 * 1024);
    }
    SECTION("messages without any text cost something too") {
        talk_until_held(0);
        CHECK(said < 4096);
    }
    SECTION("and whatever else is handed over") {
        while (one->holds == 0 && said < 100'000) {
            in.visit(1000, [](room& its, room::member&) { its.broadcast("x"); });
            ++said;
        }
        CHECK(said < 1000);
    }
    CHECK(one->holds == 1);
    home.run();
    CHECK(one->holds == 1);  // it is for its own loop to go on
    away.run();
    CHECK(one->holds == 0);
    CHECK(one->received.size() == said);
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
    all.on_message([](room& in, room::member& from, std::string_view text) {
        in.broadcast_except(from, text);
        from.send("ack " + std::string(text));
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
    all.on_message([](room& in, room::member& from, std::string_view text) { in.broadcast_except(from, text); });
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

TEST_CASE("Threads that talk at once are heard by all in one order", "[rooms][threads]") {
    constexpr std::size_t per_loop = 4;
    constexpr int said = 200;
    std::vector<std::shared_ptr<fake::member>> connections;
    std::vector<rooms::membership> members(2 * per_loop);
    {
        fake::threaded_loop first(0);
        fake::threaded_loop second(1);
        fake::threaded_loop* loops[] = {&first, &second};
        rooms all;
        all.attach({&first.get(), &second.get()});
        for (std::size_t i = 0; i < 2 * per_loop; ++i) connections.push_back(fake::connect(*loops[i % 2]));
        for (std::size_t i = 0; i < 2 * per_loop; ++i)
            loops[i % 2]->run([&] { members[i] = all.join(connections[i], "tea"); });
        const auto settle = [&] {
            for (int round = 0; round < 4; ++round)
                for (auto* each : loops) each->drain();
        };
        settle();
        for (int n = 0; n < said; ++n)
            for (std::size_t i = 0; i < 2 * per_loop; ++i)
                loops[i % 2]->get().post(
                    [&members, i, n] { members[i].receive(std::to_string(i) + ' ' + std::to_string(n)); });
        for (int n = 0; n < said; ++n) all.broadcast("tea", "main " + std::to_string(n));
        settle();
        for (std::size_t i = 0; i < 2 * per_loop; ++i) loops[i % 2]->run([&] { members[i].leave(); });
        settle();
        CHECK(all.size() == 0);
        first.stop();
        second.stop();
        members.clear();
    }
    const auto& order = connections[0]->received;
    CHECK(order.size() == said * (2 * per_loop + 1));
    std::size_t same = 0;
    for (const auto& one : connections) {
        same += one->received == order ? 1U : 0U;
        CHECK(one->on_own_loop);
    }
    CHECK(same == connections.size());
    // Each speaker's own messages are in the order in which it said them.
    for (const std::string& speaker : strings{"0 ", "1 ", "main "}) {
        int next = 0;
        for (const auto& text : order)
            if (text.rfind(speaker, 0) == 0 && text == speaker + std::to_string(next)) ++next;
        CHECK(next == said);
    }
}

TEST_CASE("Any thread may speak to a room, whatever happens there", "[rooms][threads]") {
    constexpr int threads = 3;
    constexpr int said = 200;
    std::shared_ptr<fake::member> listener;
    int with_ran = 0;
    {
        fake::threaded_loop home;
        rooms all(home);
        rooms::membership listening;
        std::shared_ptr<room> tea;
        home.run([&] {
            listener = fake::connect(home);
            listening = all.join(listener, "tea");
            all.with("tea", [&](room& in) { tea = in.shared_from_this(); });
        });
        std::vector<std::thread> speakers;
        for (int who = 0; who < threads; ++who)
            speakers.emplace_back([&, name = std::to_string(who) + ' '] {
                for (int n = 0; n < said; ++n) {
                    const std::string text = name + std::to_string(n);
                    all.broadcast("tea", text + " broadcast");
                    (void)all.with("tea", [&, text](room& in) {
                        if (in.home().running_here()) ++with_ran;
                        in.broadcast(text + " with");
                    });
                    tea->signal(text + " signal");
                    (void)tea->broadcast(text + " room");
                    all.broadcast("comes and goes", text);
                    (void)all.with("comes and goes", [](room& in) { in.broadcast("with"); });
                }
            });
        for (int n = 0; n < said; ++n)
            home.run([&] {
                auto guest = all.join(fake::connect(home), "comes and goes");
                auto other = all.join(fake::connect(home), "tea");
            });
        for (auto& one : speakers) one.join();
        home.run([&] {
            listening.leave();
            tea.reset();
        });
        home.drain();
        CHECK(all.size() == 0);
        CHECK_FALSE(all.with("tea", [](room&) {}));
        all.broadcast("tea", "nobody hears this");
    }
    CHECK(with_ran == threads * said);
    CHECK(listener->on_own_loop);
    CHECK(listener->received.size() == 4 * threads * said);
    // What one thread says is heard in the order in which it said it.
    for (int who = 0; who < threads; ++who) {
        strings expected;
        for (int n = 0; n < said; ++n)
            for (const char* how : {" broadcast", " with", " signal", " room"})
                expected.push_back(std::to_string(who) + ' ' + std::to_string(n) + how);
        strings heard;
        for (const auto& text : listener->received)
            if (text.rfind(std::to_string(who) + ' ', 0) == 0) heard.push_back(text);
        CHECK(heard == expected);
    }
}
