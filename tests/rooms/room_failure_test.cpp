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
    void append(fake::batch& batch, const roompp::room_event& event) const override {
        const std::string sender = event.sender ? event.sender->id : "server";
        if (event.kind == roompp::event_kind::leave && sender == "bad at leaving") throw std::runtime_error(sender);
        const char* const prefix = event.kind == roompp::event_kind::join    ? "+"
                                   : event.kind == roompp::event_kind::leave ? "-"
                                                                             : "";
        batch.append(roompp::payload(prefix + sender + std::string(event.message.data())));
    }
    void append(fake::batch& batch, const roompp::join_snapshot& first) const override {
        if (first.self->id == "bad at coming") throw std::runtime_error(first.self->id);
        batch.append("welcome");
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
        roompp::join_options<fake::batch> options;
        options.person.id = id;
        options.encoding = encoding;
        guest joined;
        joined.connection = fake::connect(home);
        joined.in = all.join(joined.connection, "tea", std::move(options));
        home.run();
        return joined;
    }

    fake::manual_loop home;
    rooms all{home.get()};
    std::shared_ptr<const failing> encoding = std::make_shared<const failing>();
    strings errors;

    scene() {
        all.on_error([this](const std::exception_ptr& error) {
            try {
                std::rethrow_exception(error);
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
    std::vector<std::exception_ptr> reports;
    some.all.set_defaults({}, [&](const std::exception_ptr& error) { reports.push_back(error); });
    picky::refuses() = true;
    const auto ann = some.join("ann");
    picky::refuses() = false;
    CHECK(ann.connection->close_codes() == std::vector<std::uint16_t>{1011});
    CHECK(reports.size() == 1);
    CHECK(some.all.size() == 0);
    const auto bob = some.join("bob");
    CHECK(bob.connection->received == strings{"welcome"});
}

TEST_CASE("A room whose hook fails at its making lets nobody in, and may be tried again", "[room][failure]") {
    scene some;
    bool fail = true;
    int destroyed = 0;
    some.all.on_create([&] {
        if (fail) throw std::runtime_error("not now");
    });
    some.all.on_destroy([&] { ++destroyed; });
    const auto ann = some.join("ann");
    CHECK(ann.connection->close_codes().front() == 1011);
    CHECK(some.errors == strings{"not now"});
    CHECK(some.all.size() == 0);
    CHECK(destroyed == 0);
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
            [&](const room::member& joined) {
                if (joined.person().id == "ann") bob.in.leave();
                return true;
            },
            "!");
    });
    some.home.run();
    CHECK(ann.connection->received == strings{"-bob", "server!"});
}
