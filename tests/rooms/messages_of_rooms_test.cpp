// Which messages reach which members, and in which order.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

}  // namespace

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
    for (const auto& connection : {a, b}) {
        CHECK(connection->received == strings{"hi", "ho"});
        CHECK(connection->kinds[0] == roompp::payload_kind::text);
        CHECK(connection->kinds[1] == roompp::payload_kind::binary);
    }
}

TEST_CASE("Broadcasts, exceptions and single messages keep one order in a room", "[rooms]") {
    fake::manual_loop home;
    rooms all(home);
    all.on_message([](room& in, auto& sender, std::string_view text) {
        in.broadcast("all " + std::string(text));
        sender.send("you " + std::string(text));
        in.broadcast_except(sender, "others " + std::string(text));
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
    all.on_message([&](room&, room::member& sender, std::string_view text) {
        tea->broadcast("for all");
        tea->send(sender, text);
        tea->send(sender, roompp::binary("bytes"));
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
