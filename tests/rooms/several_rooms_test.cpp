// One connection in several rooms.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

// "+tea" joins, "-tea" leaves, "tea" says hello there.
struct scene {
    scene() {
        roompp::limits bounds;
        bounds.rooms_per_connection = 2;
        server.limits(bounds).attach(rooms);
        rooms.on_message([](auto& room) { room.broadcast("hello from " + room.name()); });
        roompp::websocket_handler handler;
        handler.on_message([this](roompp::connection& sender, std::string_view text) {
            auto& memberships = rooms_of[&sender];
            const std::string name(text.substr(1));
            if (text[0] == '+')
                memberships[name] = rooms.join(sender.shared_from_this(), name);
            else if (text[0] == '-')
                memberships.erase(name);
            else
                memberships[std::string(text)].receive("hello");
        });
        handler.on_close([this](roompp::connection& closed) { rooms_of.erase(&closed); });
        server.websocket("/", handler);
    }
    roompp::rooms<> rooms;
    std::map<roompp::connection*, std::map<std::string, roompp::rooms<>::membership>> rooms_of;
    roompp::server server;
};

}  // namespace

TEST_CASE("A connection hears the rooms that it is in, and no others", "[several_rooms]") {
    scene some;
    t::world world(some.server);
    auto ann = world.connect("/").send("+tea").send("+milk");
    auto bob = world.connect("/").send("+tea");
    ann.send("milk").expect("hello from milk");
    bob.receive_nothing();
    bob.send("tea").expect("hello from tea");
    ann.expect("hello from tea");
    ann.send("-tea");
    world.settle();
    bob.send("tea").expect("hello from tea");
    ann.receive_nothing();
    ann.drop();
    world.settle();
    CHECK(some.rooms.size() == 1);
}

TEST_CASE("A connection may be in so many rooms, and have another for one that it leaves", "[several_rooms]") {
    scene some;
    t::world world(some.server);
    auto ann = world.connect("/").send("+a").send("+b").send("-a").send("+c");
    ann.send("c").expect("hello from c");
    ann.send("+d");
    CHECK(ann.closed().code == 1008);
    CHECK(ann.closed().reason == "in too many rooms");
    world.settle();
    CHECK(some.rooms.size() == 0);
}

TEST_CASE("A room that the application takes a connection out of does not count any more", "[several_rooms]") {
    scene some;
    some.rooms.on_message([](roompp::basic_room<>::member& sender) { sender.leave(); });
    t::world world(some.server);
    auto ann = world.connect("/").send("+a").send("+b").send("a").send("b");
    world.settle();
    CHECK(some.rooms.size() == 0);
    CHECK(some.rooms_of.begin()->first->room_count() == 0);
    ann.send("+c").send("+d");
    world.settle();
    CHECK(some.rooms.size() == 2);
    CHECK(ann.is_open());
    ann.drop();  // what is left of the first memberships goes, and is not counted twice
    world.settle();
    CHECK(some.rooms.size() == 0);
}
