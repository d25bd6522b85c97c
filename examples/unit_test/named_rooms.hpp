#pragma once
// A chat in which everyone says their name before anything else.

#include <chrono>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>

struct guest {
    std::string name;
    roompp::loop::timer patience;
};

using named_room = roompp::basic_room<roompp::member_state<guest>>;

/// Whoever has not sent `/name Ann` can't be heard, and has to go after a minute.
inline roompp::rooms<named_room> named_rooms() {
    roompp::rooms<named_room> rooms;
    rooms.on_join([](named_room& room, named_room::member& joined) {
        joined.state().patience =
            room.home().after(std::chrono::minutes(1), [&joined] { joined.close(4001, "no name"); });
    });
    rooms.on_message([](named_room& room, named_room::member& sender, std::string_view text) {
        guest& its = sender.state();
        if (text.substr(0, 6) == "/name ") {
            its.name = text.substr(6);
            its.patience.cancel();
        } else if (its.name.empty()) {
            sender.send("First say who you are: /name Ann");
        } else {
            room.broadcast(its.name + ": " + std::string(text));
        }
    });
    return rooms;
}
