// The application's state of rooms and members.

#include <string>
#include <string_view>

#include <roompp/rooms/rooms.hpp>

#include "support/catch.hpp"
#include "support/fake_member.hpp"
#include "support/readable_rooms.hpp"

using namespace readable_rooms;

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
    some.all.on_message([](counted& room, counted::member& sender, std::string_view text) {
        ++room.state().messages;
        if (text.substr(0, 1) == "/") {
            sender.state().nickname = text.substr(1);
            return;
        }
        room.broadcast(sender.state().nickname + ": " + std::string(text));
    });
    auto ann = some.join(roompp::join_options<fake::batch>{});
    auto bob = some.join(roompp::join_options<fake::batch>{});
    ann.in.receive("/Ann");
    ann.in.receive("hi");
    bob.in.receive("hello");
    some.home.run();
    CHECK(bob.received() == strings{"Ann: hi", "nobody: hello"});
    some.in_room([](counted& room) { CHECK(room.state().messages == 3); });
}
