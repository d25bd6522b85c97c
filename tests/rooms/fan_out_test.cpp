// Joins and leaves in the middle of a turn: who gets what, and in how many writes.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <roompp/rooms/broadcaster.hpp>
#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

}  // namespace

TEST_CASE("Who joins in the middle of a turn gets what is said from then on", "[fan_out]") {
    fake::manual_loop home;
    rooms all{home.get()};
    const auto early = fake::connect(home);
    const auto late = fake::connect(home);
    const auto first = all.join(early, "tea");
    home.run();
    all.broadcast("tea", "before");
    const auto second = all.join(late, "tea");
    all.broadcast("tea", "after");
    home.run();
    CHECK(early->received == strings{"before", "after"});
    CHECK(early->deliveries == 1);
    CHECK(late->received == strings{"after"});
}

TEST_CASE("Who leaves in the middle of a turn gets what was said until then", "[fan_out]") {
    fake::manual_loop home;
    rooms all{home.get()};
    const auto staying = fake::connect(home);
    const auto going = fake::connect(home);
    const auto first = all.join(staying, "tea");
    auto second = all.join(going, "tea");
    home.run();
    all.broadcast("tea", "before");
    all.with("tea", [&](room& tea) {
        tea.for_each([&](room::member& member) {
            if (&member.connection() != going.get()) return;
            member.send("for you alone");
            tea.broadcast_except(member, "not for you");
        });
    });
    second.leave();
    all.broadcast("tea", "after");
    home.run();
    CHECK(staying->received == strings{"before", "not for you", "after"});
    CHECK(staying->deliveries == 1);
    CHECK(going->received == strings{"before", "for you alone"});
}

TEST_CASE("Who joins and leaves within a turn gets what was said meanwhile", "[fan_out]") {
    fake::manual_loop home;
    rooms all{home.get()};
    const auto staying = fake::connect(home);
    const auto passing = fake::connect(home);
    const auto first = all.join(staying, "tea");
    all.broadcast("tea", "before");
    {
        auto second = all.join(passing, "tea");
        all.broadcast("tea", "meanwhile");
    }
    all.broadcast("tea", "after");
    home.run();
    CHECK(staying->received == strings{"before", "meanwhile", "after"});
    CHECK(passing->received == strings{"meanwhile"});
}

TEST_CASE("A crowd that comes and goes in one turn costs those who stay one write", "[fan_out]") {
    constexpr std::size_t crowd = 500;
    fake::manual_loop home;
    rooms all{home.get()};
    all.on_join([](room& tea, room::member& member) { tea.broadcast_except(member, "+"); }).on_leave([](room& tea) {
        tea.broadcast("-");
    });
    const auto staying = fake::connect(home);
    const auto first = all.join(staying, "tea");
    home.run();

    std::vector<std::shared_ptr<fake::member>> connections;
    std::vector<rooms::membership> in;
    for (std::size_t i = 0; i < crowd; ++i) {
        connections.push_back(fake::connect(home));
        in.push_back(all.join(connections.back(), "tea"));
    }
    home.run();
    CHECK(staying->received == strings(crowd, "+"));
    CHECK(staying->deliveries == 1);
    for (std::size_t i = 0; i < crowd; ++i) {
        CAPTURE(i);
        CHECK(connections[i]->received == strings(crowd - 1 - i, "+"));
        CHECK(connections[i]->deliveries == (i + 1 < crowd ? 1 : 0));
    }

    for (const auto& member : connections) member->received.clear();
    staying->received.clear();
    in.clear();
    home.run();
    CHECK(staying->received == strings(crowd, "-"));
    CHECK(staying->deliveries == 2);
    CHECK(connections.front()->received.empty());
    CHECK(connections.back()->received == strings(crowd - 1, "-"));
}

TEST_CASE("Members on other loops come and go in order with what is said", "[fan_out]") {
    fake::manual_loop home(0);
    fake::manual_loop elsewhere(1);
    rooms all{home.get()};
    const auto staying = fake::connect(home);
    const auto passing = fake::connect(elsewhere);
    elsewhere.belong_to_another_thread();
    const auto first = all.join(staying, "tea");
    all.broadcast("tea", "before");
    auto second = all.join(passing, "tea");
    all.broadcast("tea", "meanwhile");
    second.leave();
    all.broadcast("tea", "after");
    home.run();
    CHECK(passing->received.empty());
    elsewhere.run();
    CHECK(staying->received == strings{"before", "meanwhile", "after"});
    CHECK(passing->received == strings{"meanwhile"});
    CHECK(passing->on_own_loop);
}

TEST_CASE("A broadcaster's members come and go within a turn likewise", "[fan_out]") {
    fake::manual_loop home;
    roompp::broadcaster<fake::member> all(home);
    const auto staying = fake::connect(home);
    const auto passing = fake::connect(home);
    const auto first = all.join(staying);
    all.broadcast("before");
    auto second = all.join(passing);
    all.broadcast("meanwhile");
    second.leave();
    all.broadcast("after");
    home.run();
    CHECK(staying->received == strings{"before", "meanwhile", "after"});
    CHECK(staying->deliveries == 1);
    CHECK(passing->received == strings{"meanwhile"});
}
