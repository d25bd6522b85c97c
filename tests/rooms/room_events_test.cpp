// What members of a room are told: numbers, history, recovery, presence, direct messages and signals.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/rooms/room.hpp>
#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using namespace std::chrono_literals;
using fake::strings;

namespace {

// Writes events so that a test can read them: "3 ann: hi".
class readable final : public roompp::encoding<fake::batch> {
public:
    void append(fake::batch& to, const roompp::room_event& event) const override {
        const std::string from = event.sender ? event.sender->id : "server";
        const std::string text(event.message.data());
        switch (event.kind) {
            case roompp::event_kind::message:
                return say(to, std::to_string(event.id) + ' ' + from + ": " + text);
            case roompp::event_kind::direct:
                return say(to, from + "->" + std::string(event.recipient) + ": " + text);
            case roompp::event_kind::signal:
                return say(to, from + " ~ " + text);
            case roompp::event_kind::join:
                return say(to, '+' + from);
            case roompp::event_kind::leave:
                return say(to, '-' + from);
        }
    }
    void append(fake::batch& to, const roompp::join_snapshot& first) const override {
        std::string text = "welcome " + first.self->id + " at " + std::to_string(first.last_id);
        if (first.recovery == roompp::recovery::resumed) text += " resumed";
        if (first.recovery == roompp::recovery::reset) text += " reset";
        if (first.has_presence) {
            text += " with";
            for (const auto& one : *first.people) text += ' ' + one.person->id;
        }
        say(to, text);
        for (const auto& one : first.messages) append(to, one);
    }

private:
    static void say(fake::batch& to, const std::string& text) { to.append(roompp::payload(text)); }
};

using plain = roompp::basic_room<roompp::of_members<fake::member>>;
using kept = roompp::basic_room<roompp::of_members<fake::member>, roompp::ring_history<5>>;
using social = roompp::basic_room<roompp::presence, roompp::of_members<fake::member>, roompp::ring_history<5>>;

template <class Room>
struct scene {
    using rooms = roompp::rooms<Room>;
    using member = typename Room::member;

    struct guest {
        std::shared_ptr<fake::member> connection;
        typename rooms::membership in;
        [[nodiscard]] strings heard() { return std::exchange(connection->received, {}); }
    };

    roompp::join_options<fake::batch> how(std::string id) {
        roompp::join_options<fake::batch> wish;
        wish.person.id = std::move(id);
        wish.encoding = encoding;
        return wish;
    }
    guest join(roompp::join_options<fake::batch> wish) {
        guest one;
        one.connection = fake::connect(home);
        one.in = all.join(one.connection, "tea", std::move(wish));
        home.run();
        return one;
    }
    guest join(std::string id) { return join(how(std::move(id))); }
    guest resume(std::string id, std::string epoch, std::uint64_t after, std::size_t last = 0) {
        auto wish = how(std::move(id));
        wish.resume = std::make_shared<const roompp::resume_point>(roompp::resume_point{std::move(epoch), after});
        wish.history_limit = last;
        return join(std::move(wish));
    }
    void in_room(std::function<void(Room&)> action) {
        REQUIRE(all.with("tea", action));
        home.run();
    }
    std::string epoch() {
        std::string found;
        in_room([&](Room& tea) { found = tea.epoch(); });
        return found;
    }
    void pass(std::chrono::seconds time) { home.get().advance(home.get().now() + time); }

    fake::manual_loop home;
    rooms all{home.get()};
    std::shared_ptr<const readable> encoding = std::make_shared<const readable>();
};

}  // namespace

TEST_CASE("Numbers rise by one with every message, whoever says it", "[room][ids]") {
    scene<plain> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    ann.in.receive("a");
    bob.in.receive("b");
    some.in_room([](plain& tea) {
        CHECK(tea.last_id() == 2);
        CHECK(tea.broadcast("c") == 3);
        tea.signal("s");
        tea.broadcast_if([](const auto&) { return true; }, "d");
        CHECK(tea.send_to("ann", "e") == 1);
        CHECK(tea.broadcast("f") == 4);
    });
    const strings expected{"welcome ann at 0", "1 ann: a",    "2 bob: b",       "3 server: c",
                           "server ~ s",       "server->: d", "server->ann: e", "4 server: f"};
    CHECK(ann.heard() == expected);
    CHECK(bob.heard() == strings{"welcome bob at 0", "1 ann: a", "2 bob: b", "3 server: c", "server ~ s", "server->: d",
                                 "4 server: f"});
}

TEST_CASE("A message's receipt has its number, or 0 if the hook did not pass it on", "[room][ids]") {
    scene<plain> some;
    some.all.on_message([](plain::member& sender, std::string_view text) {
        if (text != "spam") sender.broadcast(text);
    });
    auto ann = some.join("ann");
    std::vector<std::uint64_t> numbers;
    const auto note = [&](plain&, plain::member&, std::uint64_t id) { numbers.push_back(id); };
    ann.in.receive("a", note);
    ann.in.receive("spam", note);
    ann.in.receive("b", note);
    CHECK(numbers == std::vector<std::uint64_t>{1, 0, 2});
}

TEST_CASE("A message's receipt has no number of another message, whatever else is said meanwhile", "[room][ids]") {
    scene<plain> some;
    some.all.on_message([](plain& room, plain::member& sender, std::string_view text) {
        room.broadcast("attention");
        if (text == "spam") return;
        sender.broadcast(text);
        sender.broadcast_to_others("and more");
        room.broadcast("that was " + sender.person().id);
    });
    auto ann = some.join("ann");
    std::vector<std::uint64_t> numbers;
    const auto note = [&](plain&, plain::member&, std::uint64_t id) { numbers.push_back(id); };
    ann.in.receive("a", note);
    ann.in.receive("spam", note);
    ann.in.receive("b", note);
    CHECK(numbers == std::vector<std::uint64_t>{2, 0, 7});
}

TEST_CASE("A message that the room passes on in its own name is received as well", "[room][ids]") {
    scene<plain> some;
    some.all.on_message([](plain& room, plain::member& sender, std::string_view text) {
        room.broadcast("attention");
        if (text == "all") room.broadcast(text);
        if (text == "others") room.broadcast_except(sender, "somebody says: others");
    });
    auto ann = some.join("ann");
    std::vector<std::uint64_t> numbers;
    const auto note = [&](plain&, plain::member&, std::uint64_t id) { numbers.push_back(id); };
    ann.in.receive("all", note);
    ann.in.receive("others", note);
    ann.in.receive("spam", note);
    CHECK(numbers == std::vector<std::uint64_t>{2, 4, 0});
}

TEST_CASE("A room that appears again has another epoch and counts from 1", "[room][ids]") {
    scene<plain> some;
    auto ann = some.join("ann");
    ann.in.receive("a");
    const auto before = some.epoch();
    CHECK(before.size() == 16);
    ann.in.leave();
    ann = some.join("ann");
    CHECK(some.epoch() != before);
    ann.in.receive("a");
    some.home.run();
    CHECK(ann.heard() == strings{"welcome ann at 0", "1 ann: a"});
}

TEST_CASE("Members with different encodings, or none, are told the same in the same order", "[room][encoding]") {
    scene<social> some;
    auto ann = some.join("ann");
    auto bare = some.join(roompp::join_options<fake::batch>{{"bare", {}, {}}, nullptr, nullptr, 0});
    auto other = some.how("other");
    other.encoding = std::make_shared<const readable>();
    auto third = some.join(std::move(other));
    some.in_room([&](social& tea) {
        tea.broadcast("a");
        tea.for_each([](social::member& one) {
            if (one.person().id == "bare") {
                one.send("for you");
                one.write("as it is");
                one.broadcast_to_others("not me");
            }
        });
        tea.signal("s");
    });
    CHECK(bare.heard() == strings{"a", "for you", "as it is", "s"});
    CHECK(ann.heard() ==
          strings{"welcome ann at 0 with ann", "+bare", "+other", "1 server: a", "2 bare: not me", "server ~ s"});
    CHECK(third.heard() ==
          strings{"welcome other at 0 with ann bare other", "1 server: a", "2 bare: not me", "server ~ s"});
}

TEST_CASE("An event is encoded once for each encoding, whatever the number of members", "[room][encoding]") {
    scene<plain> some;
    std::vector<scene<plain>::guest> connections;
    for (int i = 0; i < 100; ++i) connections.push_back(some.join("guest" + std::to_string(i)));
    for (int i = 0; i < 100; ++i) connections.push_back(some.join(roompp::join_options<fake::batch>{}));
    const auto before = fake::batch::encoded().load();
    some.in_room([](plain& tea) { tea.broadcast("a"); });
    CHECK(fake::batch::encoded() == before + 2);
    const auto once = fake::batch::encoded().load();
    some.in_room([](plain& tea) { tea.broadcast_if([](const auto& one) { return one.id() % 2 == 0; }, "half"); });
    CHECK(fake::batch::encoded() == once + 2);
    CHECK(connections[1].heard().back() == "server->: half");
    CHECK(connections[2].heard().back() == "1 server: a");
    CHECK(connections[199].heard() == strings{"a", "half"});
}

TEST_CASE("A member that resumes gets exactly what it missed, then what is said live", "[room][recovery]") {
    scene<kept> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    for (const char* text : {"a", "b", "c"}) ann.in.receive(text);
    bob.in.leave();
    for (const char* text : {"d", "e"}) ann.in.receive(text);
    bob = some.resume("bob", some.epoch(), 3);
    ann.in.receive("f");
    some.home.run();
    CHECK(bob.heard() == strings{"welcome bob at 5 resumed", "4 ann: d", "5 ann: e", "6 ann: f"});

    SECTION("nothing, if it missed nothing") {
        bob = some.resume("bob", some.epoch(), 6);
        CHECK(bob.heard() == strings{"welcome bob at 6 resumed"});
    }
    SECTION("all from the start, if that is still there") {
        scene<kept> fresh;
        auto ann2 = fresh.join("ann");
        ann2.in.receive("a");
        fresh.home.run();
        auto bob2 = fresh.resume("bob", fresh.epoch(), 0);
        CHECK(bob2.heard() == strings{"welcome bob at 1 resumed", "1 ann: a"});
    }
}

TEST_CASE("A member that can't go on from where it was is told so, and gets the latest messages", "[room][recovery]") {
    scene<kept> some;
    auto ann = some.join("ann");
    for (const char* text : {"a", "b", "c", "d", "e", "f", "g"}) ann.in.receive(text);
    const auto epoch = some.epoch();

    SECTION("its last message is too long ago") {
        CHECK(some.resume("bob", epoch, 1, 2).heard() == strings{"welcome bob at 7 reset", "6 ann: f", "7 ann: g"});
        CHECK(some.resume("bob", epoch, 2, 0).heard().front() == "welcome bob at 7 resumed");
    }
    SECTION("the epoch is another one") {
        CHECK(some.resume("bob", "0123456789abcdef", 7, 1).heard() == strings{"welcome bob at 7 reset", "7 ann: g"});
        CHECK(some.resume("bob", "fedcba9876543210", 7).heard() == strings{"welcome bob at 7 reset"});
    }
    SECTION("unless it names no epoch: that means the present one") {
        CHECK(some.resume("bob", "", 6).heard() == strings{"welcome bob at 7 resumed", "7 ann: g"});
    }
    SECTION("its number was never given") {
        CHECK(some.resume("bob", epoch, 8).heard() == strings{"welcome bob at 7 reset"});
        CHECK(some.resume("bob", epoch, UINT64_MAX, 1000).heard().size() == 6);
    }
    SECTION("a fresh one gets as many as it asks for") {
        auto wish = some.how("bob");
        wish.history_limit = 2;
        CHECK(some.join(wish).heard() == strings{"welcome bob at 7", "6 ann: f", "7 ann: g"});
        wish.history_limit = 1000;
        CHECK(some.join(wish).heard().size() == 6);
    }
}

TEST_CASE("Without a history a member can only go on if it missed nothing", "[room][recovery]") {
    scene<plain> some;
    auto ann = some.join("ann");
    ann.in.receive("a");
    CHECK(some.resume("bob", some.epoch(), 1).heard() == strings{"welcome bob at 1 resumed"});
    CHECK(some.resume("bob", some.epoch(), 0, 10).heard() == strings{"welcome bob at 1 reset"});
}

TEST_CASE("At the seam between missed and live messages none is lost or doubled", "[room][recovery]") {
    scene<kept> some;
    auto ann = some.join("ann");
    some.in_room([&](kept& tea) {
        tea.broadcast("a");  // gathered in this turn, not written yet
        auto wish = some.how("bob");
        wish.resume = std::make_shared<const roompp::resume_point>(roompp::resume_point{tea.epoch(), 0});
        auto connection = fake::connect(some.home);
        auto in = some.all.join(connection, "tea", wish);
        tea.broadcast("b");
        tea.flush();
        CHECK(connection->received == strings{"welcome bob at 1 resumed", "1 server: a", "2 server: b"});
    });
}

TEST_CASE("A room with a history waits for those who lost their connection", "[room][recovery]") {
    scene<kept> some;
    int gone = 0;
    some.all.on_destroy([&] { ++gone; });
    auto ann = some.join("ann");
    ann.in.receive("a");
    some.home.run();
    const auto epoch = some.epoch();
    ann.in.leave();
    CHECK(some.all.size() == 1);

    SECTION("and goes when nobody comes") {
        some.pass(59s);
        CHECK(some.all.size() == 1);
        some.pass(1s);
        CHECK(some.all.size() == 0);
        CHECK(gone == 1);
    }
    SECTION("and stays when somebody comes, for as long as there is somebody") {
        some.pass(59s);
        auto back = some.resume("ann", epoch, 0);
        CHECK(back.heard() == strings{"welcome ann at 1 resumed", "1 ann: a"});
        some.pass(1000s);
        CHECK(some.all.size() == 1);
        back.in.leave();
        some.pass(60s);
        CHECK(gone == 1);
    }
    SECTION("but not if it has nothing to say") {
        scene<kept> quiet;
        quiet.join("ann");
        CHECK(quiet.all.size() == 0);
    }
    SECTION("and does not outlive its directory") {
        some.all = roompp::rooms<kept>(some.home.get());
        some.pass(100s);
        CHECK(gone == 0);
    }
}

TEST_CASE("A full directory lets the room go that has waited longest, and otherwise takes no other",
          "[rooms][limits]") {
    scene<kept> some;
    roompp::limits bounds;
    bounds.rooms = 3;
    some.all.limits(bounds);
    strings gone;
    some.all.on_destroy([&](kept& room) { gone.push_back(room.name()); });
    std::vector<std::shared_ptr<fake::member>> connections;
    std::vector<roompp::rooms<kept>::membership> in;
    const auto enter = [&](const std::string& name) {
        connections.push_back(fake::connect(some.home));
        in.push_back(some.all.join(connections.back(), name, some.how("x")));
        in.back().receive("hi");
        some.home.run();
    };
    enter("a");
    enter("b");
    enter("c");
    in[1].leave();
    in[0].leave();
    enter("d");
    CHECK(gone == strings{"b"});
    enter("e");
    CHECK(gone == strings{"b", "a"});
    enter("f");
    CHECK(gone.size() == 2);
    CHECK(some.all.size() == 3);
    CHECK(connections.back()->close_codes() == std::vector<std::uint16_t>{1013});
    CHECK(connections.back()->close_reason() == "there are too many rooms");
    enter("c");
    CHECK_FALSE(connections.back()->closed());
}

TEST_CASE("A full room takes no further member", "[rooms][limits]") {
    scene<plain> some;
    roompp::limits bounds;
    bounds.members_per_room = 2;
    some.all.limits(bounds);
    some.all.set_defaults(roompp::limits(), {});
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    auto late = some.join("late");
    CHECK(late.connection->close_codes() == std::vector<std::uint16_t>{1013});
    CHECK(late.heard().empty());
    late.in.receive("nobody hears this");
    ann.in.leave();
    CHECK_FALSE(some.join("late").connection->closed());
}

TEST_CASE("The admit hook refuses with a code and a reason", "[rooms]") {
    scene<kept> some;
    int created = 0;
    int gone = 0;
    some.all.on_create([&] { ++created; })
        .on_destroy([&] { ++gone; })
        .on_admit([](kept& room, kept::member& member, roompp::join_reply& answer) {
            CHECK(room.name() == "tea");
            if (member.person().id == "mallory") answer.refuse(4003, "you are banned");
        });
    auto mallory = some.join("mallory");
    CHECK(mallory.connection->close_codes() == std::vector<std::uint16_t>{4003});
    CHECK(mallory.connection->close_reason() == "you are banned");
    CHECK(some.all.size() == 0);
    CHECK(created == gone);
    auto ann = some.join("ann");
    CHECK_FALSE(ann.connection->closed());
    mallory.in.receive("hello?");
    mallory.in.leave();
    some.home.run();
    CHECK(ann.heard() == strings{"welcome ann at 0"});
}

TEST_CASE("Presence: who joins is told who is there, the others are told of persons who come and go",
          "[room][presence]") {
    scene<social> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    auto bob_again = some.join("bob");
    CHECK(ann.heard() == strings{"welcome ann at 0 with ann", "+bob"});
    CHECK(bob.heard() == strings{"welcome bob at 0 with ann bob"});
    CHECK(bob_again.heard() == strings{"welcome bob at 0 with ann bob"});
    some.in_room([](social& tea) {
        CHECK(tea.size() == 3);
        CHECK(tea.people().size() == 2);
        CHECK(tea.has("bob"));
        CHECK_FALSE(tea.has("eve"));
    });
    bob.in.leave();
    some.home.run();
    CHECK(ann.heard().empty());
    bob_again.in.leave();
    some.home.run();
    CHECK(ann.heard() == strings{"-bob"});
}

TEST_CASE("Connections without an identity are persons of their own", "[room][presence]") {
    scene<social> some;
    auto ann = some.join("");
    auto bob = some.join("");
    CHECK(bob.heard() == strings{"welcome member-2 at 0 with member-1 member-2"});
    CHECK(ann.heard() == strings{"welcome member-1 at 0 with member-1", "+member-2"});
}

TEST_CASE("A direct message reaches all connections of the person and of the sender, and nobody else",
          "[room][direct]") {
    scene<social> some;
    some.all.on_message([](social::member& sender, std::string_view text) { CHECK(sender.send_to("bob", text) == 2); });
    auto ann = some.join("ann");
    auto ann_too = some.join("ann");
    auto bob = some.join("bob");
    auto bob_too = some.join("bob");
    auto eve = some.join("eve");
    for (auto* one : {&ann, &ann_too, &bob, &bob_too, &eve}) (void)one->heard();
    ann.in.receive("psst");
    some.home.run();
    for (auto* one : {&ann, &ann_too, &bob, &bob_too}) CHECK(one->heard() == strings{"ann->bob: psst"});
    CHECK(eve.heard().empty());
    CHECK(some.join("late").heard() == strings{"welcome late at 0 with ann bob eve late"});
}

TEST_CASE("A direct message to oneself comes once, and to nobody reaches nobody", "[room][direct]") {
    scene<plain> some;
    std::vector<std::size_t> reached;
    some.all.on_message(
        [&](plain::member& sender, std::string_view to) { reached.push_back(sender.send_to(to, "x")); });
    auto ann = some.join("ann");
    (void)ann.heard();
    ann.in.receive("ann");
    ann.in.receive("nobody");
    some.home.run();
    CHECK(reached == std::vector<std::size_t>{1, 0});
    CHECK(ann.heard() == strings{"ann->ann: x"});
}

TEST_CASE("Persons are found however they come and go", "[room][direct]") {
    scene<plain> some;
    std::map<std::string, std::vector<scene<plain>::guest>> here;
    const auto check = [&] {
        for (const char* const id : {"a", "ab", "b", "member-1", ""}) {
            const auto connections = here[id].size();
            some.in_room([&](plain& tea) {
                CHECK(tea.has(id) == (connections != 0));
                CHECK(tea.send_to(id, "psst") == connections);
            });
            for (auto& one : here[id]) CHECK(one.heard().back() == std::string("server->") + id + ": psst");
        }
    };
    auto nobody = some.join("");  // is called member-1
    here["member-1"].push_back(std::move(nobody));
    for (const char* const id : {"b", "a", "ab", "a"}) here[id].push_back(some.join(id));
    check();
    here["a"].push_back(some.join("a"));
    here["ab"].clear();
    check();
    here["a"].erase(here["a"].begin());
    here["ab"].push_back(some.join("ab"));
    check();
    some.in_room([](plain& tea) { CHECK(tea.kick("a", 4001) == 2); });
    for (const auto& one : here["a"]) CHECK(one.connection->close_codes() == std::vector<std::uint16_t>{4001});
    here["a"].clear();
    check();
}

TEST_CASE("A signal reaches all but its sender and is in no history", "[room][signal]") {
    scene<kept> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    ann.in.visit([](kept&, kept::member& self) { self.signal("typing"); });
    some.home.run();
    CHECK(ann.heard() == strings{"welcome ann at 0"});
    CHECK(bob.heard() == strings{"welcome bob at 0", "ann ~ typing"});
    CHECK(some.resume("late", some.epoch(), 0).heard() == strings{"welcome late at 0 resumed"});
}

TEST_CASE("Kicking a person closes all of its connections", "[room]") {
    scene<social> some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    auto bob_too = some.join("bob");
    some.in_room([](social& tea) {
        CHECK(tea.kick("bob", 4001, "enough") == 2);
        CHECK(tea.kick("nobody") == 0);
    });
    CHECK(bob.connection->close_codes() == std::vector<std::uint16_t>{4001});
    CHECK(bob_too.connection->close_reason() == "enough");
    CHECK_FALSE(ann.connection->closed());
}

TEST_CASE("A visit runs in order with messages, and not at all for who has left", "[rooms]") {
    scene<plain> some;
    auto ann = some.join("ann");
    (void)ann.heard();
    ann.in.receive("a");
    ann.in.visit([](plain& tea, plain::member&) { tea.broadcast("b"); });
    ann.in.receive("c");
    some.home.run();
    CHECK(ann.heard() == strings{"1 ann: a", "2 server: b", "3 ann: c"});
    bool ran = false;
    some.in_room([](plain& tea) { tea.for_each([](plain::member& one) { one.leave(); }); });
    ann.in.visit([&](plain&, plain::member&) { ran = true; });
    CHECK_FALSE(ran);
}

TEST_CASE("An exception in a visit closes its connection and is reported", "[rooms]") {
    scene<plain> some;
    int failures = 0;
    some.all.on_error([&] { ++failures; });
    auto ann = some.join("ann");
    ann.in.visit([](plain&, plain::member&) { throw std::runtime_error("no"); });
    CHECK(failures == 1);
    CHECK(ann.connection->close_codes() == std::vector<std::uint16_t>{1011});
}

TEST_CASE("Rooms and members have state of the application's own", "[room][state]") {
    struct tally {
        int messages = 0;
    };
    struct about {
        std::string nickname = "nobody";
    };
    using counted =
        roompp::basic_room<roompp::room_state<tally>, roompp::of_members<fake::member>, roompp::member_state<about>>;
    scene<counted> some;
    some.all.on_message([](counted& room, counted::member& from, std::string_view text) {
        ++room.state().messages;
        if (text.substr(0, 1) == "/") {
            from.state().nickname = text.substr(1);
            return;
        }
        room.broadcast(from.state().nickname + ": " + std::string(text));
    });
    auto ann = some.join(roompp::join_options<fake::batch>{});
    auto bob = some.join(roompp::join_options<fake::batch>{});
    ann.in.receive("/Ann");
    ann.in.receive("hi");
    bob.in.receive("hello");
    some.home.run();
    CHECK(bob.heard() == strings{"Ann: hi", "nobody: hello"});
    some.in_room([](counted& room) { CHECK(room.state().messages == 3); });
}
