// Rooms by WebSocket, polling, event stream and POST, for test_transports.py.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <utility>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>

#include "../patient_limits.hpp"

namespace {

using kept_room = roompp::basic_room<roompp::ring_history<2000>, roompp::presence>;

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

roompp::rooms<kept_room> talkative() {
    roompp::rooms<kept_room> rooms;
    rooms.on_join([](auto& room, auto& member) { say("joined " + room.name() + ' ' + member.person().name); });
    rooms.on_leave([](auto& room, auto& member, const roompp::close_event& how) {
        say("left " + room.name() + ' ' + member.person().name + ' ' + std::to_string(how.code));
    });
    return rooms;
}

void serve(std::map<std::string, std::string> given) {
    roompp::limits limits = patient_limits();
    const auto number = [&given](const char* name, auto& into) {
        if (!given[name].empty()) into = std::stoul(given[name]);
    };
    std::size_t threads = 1;
    number("--threads", threads);
    number("--connections", limits.connections);

    roompp::server server;
    server.threads(threads).limits(limits);
    const roompp::v1_protocol protocol;
    const auto rooms = talkative();
    server.websocket("/ws/chat/{room}/", rooms, protocol);
    roompp::http_rooms(server, rooms, protocol)
        .poll_route("/poll/chat/{room}/")
        .event_route("/events/chat/{room}/")
        .post_route("/send/chat/{room}/");

    // For crowds: says nothing, and tells nobody who comes.
    const roompp::rooms<roompp::basic_room<roompp::ring_history<2000>>> quiet;
    server.websocket("/ws/quiet/{room}/", quiet, protocol);
    roompp::http_rooms(server, quiet, protocol)
        .poll_route("/poll/quiet/{room}/")
        .event_route("/events/quiet/{room}/")
        .post_route("/send/quiet/{room}/");

    server.listen(0, "127.0.0.1").stop_on_signals();
    say(server.url());
    server.run();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::map<std::string, std::string> given;
        for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
        serve(std::move(given));
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
