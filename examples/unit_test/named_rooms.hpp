#pragma once
// A chat whose members send their name before any message.

#include <chrono>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>

struct guest {
    std::string name;
    roompp::loop::timer name_timer;
};

using named_room = roompp::basic_room<roompp::member_state<guest>>;

/// Messages of a member without a name (`/name Ann`) are refused; after a minute, the member is closed with 4001.
inline roompp::rooms<named_room> named_rooms() {
    roompp::rooms<named_room> rooms;
    rooms.on_join([](named_room& room, named_room::member& member) {
        member.state().name_timer =
            room.home().after(std::chrono::minutes(1), [&member] { member.close(4001, "no name"); });
    });
    rooms.on_message([](named_room& room, named_room::member& sender, std::string_view text) {
        guest& state = sender.state();
        if (text.substr(0, 6) == "/name ") {
            state.name = text.substr(6);
            state.name_timer.cancel();
        } else if (state.name.empty()) {
            sender.send("First say who you are: /name Ann");
        } else {
            room.broadcast(state.name + ": " + std::string(text));
        }
    });
    return rooms;
}
