// What the application's encodings, states and hooks throw while members come and go.

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"

using fake::strings;

namespace {

// Fails for persons whose id says when.
class failing final : public roompp::encoding<fake::batch> {
public:
    void append(fake::batch& to, const roompp::room_event& event) const override {
        const std::string from = event.sender ? event.sender->id : "server";
        if (event.kind == roompp::event_kind::leave && from == "bad at leaving") throw std::runtime_error(from);
        const char* const what = event.kind == roompp::event_kind::join    ? "+"
                                 : event.kind == roompp::event_kind::leave ? "-"
                                                                           : "";
        to.append(roompp::payload(what + from + std::string(event.message.data())));
    }
    void append(fake::batch& to, const roompp::join_snapshot& first) const override {
        if (first.self->id == "bad at coming") throw std::runtime_error(first.self->id);
        to.append("welcome");
    }
};

struct picky {
    picky() {
        if (refuses()) throw std::runtime_error("no state for this room");
    }
    static bool& refuses() {
        static bool value = false;
        return value;
    }
};

using room = roompp::basic_room<roompp::of_members<fake::member>, roompp::presence, roompp::room_state<picky>>;
using rooms = roompp::rooms<room>;

struct scene {
    struct guest {
        std::shared_ptr<fake::member> connection;
        rooms::membership in;
    };
    guest join(const std::string& id) {
        roompp::join_options<fake::batch> how;
        how.person.id = id;
        how.encoding = encoding;
        guest one;
        one.connection = fake::connect(home);
        one.in = all.join(one.connection, "tea", std::move(how));
        home.run();
        return one;
    }

    fake::manual_loop home;
    rooms all{home.get()};
    std::shared_ptr<const failing> encoding = std::make_shared<const failing>();
    strings errors;

    scene() {
        all.on_error([this](const std::exception_ptr& what) {
            try {
                std::rethrow_exception(what);
            } catch (const std::exception& e) {
                errors.emplace_back(e.what());
            }
        });
    }
};

}  // namespace

TEST_CASE("A member whose welcome can't be written is closed, and leaves like any other", "[room][failure]") {
    scene some;
    {
        auto bad = some.join("bad at coming");
        CHECK(bad.connection->close_codes() == std::vector<std::uint16_t>{1011});
        CHECK(some.errors == strings{"bad at coming"});
        auto ann = some.join("ann");
        CHECK(ann.connection->received == strings{"welcome"});
        bad.in.leave();
        some.home.run();
        CHECK(ann.connection->received == strings{"welcome", "-bad at coming"});
    }
    some.home.run();
    CHECK(some.all.size() == 0);
}

TEST_CASE("A leave that can't be written is reported, and the others stay", "[room][failure]") {
    scene some;
    auto ann = some.join("ann");
    auto bad = some.join("bad at leaving");
    bad.in.leave();
    some.home.run();
    CHECK(some.errors == strings{"bad at leaving"});
    CHECK(ann.connection->close_codes().empty());
    ann.in.receive("still here");
    some.home.run();
    CHECK(ann.connection->received.back() == "annstill here");
}

TEST_CASE("A room whose state can't be made lets nobody in, and may be tried again", "[room][failure]") {
    scene some;
    std::vector<std::exception_ptr> told;
    some.all.set_defaults({}, [&](const std::exception_ptr& what) { told.push_back(what); });
    picky::refuses() = true;
    const auto ann = some.join("ann");
    picky::refuses() = false;
    CHECK(ann.connection->close_codes() == std::vector<std::uint16_t>{1011});
    CHECK(told.size() == 1);
    CHECK(some.all.size() == 0);
    const auto bob = some.join("bob");
    CHECK(bob.connection->received == strings{"welcome"});
}

TEST_CASE("A room whose hook fails at its making lets nobody in, and may be tried again", "[room][failure]") {
    scene some;
    bool fail = true;
    int gone = 0;
    some.all.on_create([&] {
        if (fail) throw std::runtime_error("not now");
    });
    some.all.on_destroy([&] { ++gone; });
    const auto ann = some.join("ann");
    CHECK(ann.connection->close_codes().front() == 1011);
    CHECK(some.errors == strings{"not now"});
    CHECK(some.all.size() == 0);
    CHECK(gone == 0);
    fail = false;
    const auto bob = some.join("bob");
    CHECK(bob.connection->received == strings{"welcome"});
    CHECK(some.all.size() == 1);
}

TEST_CASE("A room stays for whom it was made, whoever comes and goes in its hooks", "[room][failure]") {
    scene some;
    const auto visitor = fake::connect(some.home);
    some.all.on_create([&](room& made) { some.all.join(visitor, made.name()).leave(); });
    const auto ann = some.join("ann");
    some.all.broadcast("tea", "!");
    some.home.run();
    CHECK(some.all.size() == 1);
    CHECK(ann.connection->received == strings{"welcome", "server!"});
}

TEST_CASE("A predicate may take members out of the room", "[room][failure]") {
    scene some;
    auto ann = some.join("ann");
    auto bob = some.join("bob");
    ann.connection->received.clear();
    some.all.with("tea", [&](room& tea) {
        tea.broadcast_if(
            [&](const room::member& one) {
                if (one.person().id == "ann") bob.in.leave();
                return true;
            },
            "!");
    });
    some.home.run();
    CHECK(ann.connection->received == strings{"-bob", "server!"});
}
