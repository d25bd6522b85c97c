#pragma once
// Rooms whose events a test can read as text, and members of them.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <roompp/rooms/rooms.hpp>

#include "catch.hpp"
#include "fake_member.hpp"

namespace readable_rooms {

using fake::strings;

/// Writes events so that a test can read them: "3 ann: hi".
class readable final : public roompp::encoding<fake::batch> {
public:
    void append(fake::batch& batch, const roompp::room_event& event) const override {
        const std::string sender = event.sender ? event.sender->id : "server";
        const std::string text(event.message.data());
        switch (event.kind) {
            case roompp::event_kind::message:
                return say(batch, std::to_string(event.id) + ' ' + sender + ": " + text);
            case roompp::event_kind::direct:
                return say(batch, sender + "->" + std::string(event.recipient) + ": " + text);
            case roompp::event_kind::signal:
                return say(batch, sender + " ~ " + text);
            case roompp::event_kind::join:
                return say(batch, '+' + sender);
            case roompp::event_kind::leave:
                return say(batch, '-' + sender);
        }
    }
    void append(fake::batch& batch, const roompp::join_snapshot& first) const override {
        std::string text = "welcome " + first.self->id + " at " + std::to_string(first.last_id);
        if (first.recovery == roompp::recovery::resumed) text += " resumed";
        if (first.recovery == roompp::recovery::reset) text += " reset";
        if (first.has_presence) {
            text += " with";
            for (const auto& entry : *first.people) text += ' ' + entry.person->id;
        }
        say(batch, text);
        for (const auto& event : first.messages) append(batch, event);
    }

private:
    static void say(fake::batch& batch, const std::string& text) { batch.append(roompp::payload(text)); }
};

using plain = roompp::basic_room<roompp::of_members<fake::member>>;
using remembering = roompp::basic_room<roompp::of_members<fake::member>, roompp::ring_history<5>>;
using social = roompp::basic_room<roompp::presence, roompp::of_members<fake::member>, roompp::ring_history<5>>;

template <class Room>
struct scene {
    using rooms = roompp::rooms<Room>;

    struct guest {
        std::shared_ptr<fake::member> connection;
        typename rooms::membership in;
        [[nodiscard]] strings received() { return std::exchange(connection->received, {}); }
    };

    roompp::join_options<fake::batch> options_of(std::string id) {
        roompp::join_options<fake::batch> options;
        options.person.id = std::move(id);
        options.encoding = encoding;
        return options;
    }
    guest join(roompp::join_options<fake::batch> options) {
        guest joined;
        joined.connection = fake::connect(home);
        joined.in = all.join(joined.connection, "tea", std::move(options));
        home.run();
        return joined;
    }
    guest join(std::string id) { return join(options_of(std::move(id))); }
    guest resume(std::string id, std::string epoch, std::uint64_t after, std::size_t last = 0) {
        auto options = options_of(std::move(id));
        options.resume = std::make_shared<const roompp::resume_point>(roompp::resume_point{std::move(epoch), after});
        options.history_limit = last;
        return join(std::move(options));
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

}  // namespace readable_rooms
