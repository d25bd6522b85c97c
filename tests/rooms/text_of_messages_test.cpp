// Text of the application that is not UTF-8, on its way to members.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/rooms/broadcaster.hpp>
#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

using room = roompp::basic_room<roompp::ring_history<10>, roompp::of_members<fake::member>>;
using rooms = roompp::rooms<room>;

constexpr const char* bad = "caf\xE9";
constexpr const char* repaired = "caf\uFFFD";

}  // namespace

TEST_CASE("Whatever a room sends as text is UTF-8", "[rooms][utf8]") {
    fake::manual_loop home;
    rooms all(home);
    roompp::join_options<fake::batch> options;
    options.person.id = "ann";
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    auto in_a = all.join(a, "tea", options);
    auto in_b = all.join(b, "tea");
    home.run();
    all.on_message([](room& in, room::member& sender, std::string_view way) {
        if (way == "room.broadcast") in.broadcast(bad);
        if (way == "room.broadcast_except") in.broadcast_except(sender, bad);
        if (way == "room.broadcast_if") in.broadcast_if([](const room::member&) { return true; }, bad);
        if (way == "room.signal") in.signal(bad);
        if (way == "room.send_to") in.send_to("ann", bad);
        if (way == "room.send") in.for_each([&](room::member& each) { in.send(each, bad); });
        if (way == "room.write") in.for_each([&](room::member& each) { in.write(each, bad); });
        if (way == "member.broadcast") sender.broadcast(bad);
        if (way == "member.broadcast_to_others") sender.broadcast_to_others(bad);
        if (way == "member.signal") sender.signal(bad);
        if (way == "member.send_to") sender.send_to("ann", bad);
        if (way == "member.send") in.for_each([](room::member& each) { each.send(bad); });
        if (way == "member.write") in.for_each([](room::member& each) { each.write(bad); });
    });
    for (const char* way : {"room.broadcast", "room.broadcast_except", "room.broadcast_if", "room.signal",
                            "room.send_to", "room.send", "room.write", "member.broadcast", "member.broadcast_to_others",
                            "member.signal", "member.send_to", "member.send", "member.write"}) {
        CAPTURE(way);
        a->received.clear();
        in_b.receive(way);
        home.run();
        CHECK(a->received == strings{repaired});
        CHECK(a->kinds.back() == roompp::payload_kind::text);
    }
}

TEST_CASE("A room keeps the text that it sent, and leaves bytes as they are", "[rooms][utf8]") {
    fake::manual_loop home;
    rooms all(home);
    all.on_message([](room& in) {
        in.broadcast(bad);
        in.broadcast(roompp::binary(bad));
    });
    const auto a = fake::connect(home);
    auto in_a = all.join(a, "tea");
    in_a.receive("go");
    home.run();
    const auto late = fake::connect(home);
    roompp::join_options<fake::batch> options;
    options.history_limit = 10;
    auto in_late = all.join(late, "tea", options);
    home.run();
    CHECK(a->received == strings{repaired, bad});
    CHECK(late->received == strings{repaired, bad});
    CHECK(late->kinds.back() == roompp::payload_kind::binary);
}

TEST_CASE("A repaired text still answers the message that it is broadcast for", "[rooms][utf8]") {
    fake::manual_loop home;
    rooms all(home);
    all.on_message([](room& in, std::string_view text) { in.broadcast(text); });
    const auto a = fake::connect(home);
    auto in_a = all.join(a, "tea");
    std::uint64_t id = 0;
    in_a.receive(bad, [&](room&, room::member&, const roompp::publication_outcome& outcome) { id = outcome.id; });
    home.run();
    CHECK(id == 1);
    CHECK(a->received == strings{repaired});
}

TEST_CASE("Whatever a broadcaster sends as text is UTF-8", "[broadcaster][utf8]") {
    fake::manual_loop home;
    roompp::broadcaster<fake::member> news(home);
    const auto a = fake::connect(home);
    const auto b = fake::connect(home);
    const auto in_a = news.join(a);
    const auto in_b = news.join(b);
    news.broadcast(bad);
    news.broadcast_except(in_b, bad);
    news.send(in_a, bad);
    news.broadcast(roompp::binary(bad));
    home.run();
    CHECK(a->received == strings{repaired, repaired, repaired, bad});
}

TEST_CASE("A person whom the program names is shown without harm", "[rooms][utf8]") {
    fake::manual_loop home;
    rooms all(home);
    strings names;
    all.on_join([&](room&, room::member& newcomer) { names.push_back(newcomer.person().name); });
    std::vector<rooms::membership> in;
    for (const char* name : {"Ann", "", "Ann\u202etxt.exe", bad, "\u200b"}) {
        roompp::join_options<fake::batch> options;
        options.person.name = name;
        in.push_back(all.join(fake::connect(home), "tea", options));
    }
    home.run();
    CHECK(names == strings{"Ann", "", "Ann\uFFFDtxt.exe", repaired, "\uFFFD"});
}
