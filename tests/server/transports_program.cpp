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

using room_with_history = roompp::basic_room<roompp::ring_history<2000>, roompp::presence>;

void print_line(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

roompp::rooms<room_with_history> make_announcing_rooms() {
    roompp::rooms<room_with_history> rooms;
    rooms.on_join([](auto& room, auto& member) { print_line("joined " + room.name() + ' ' + member.person().name); });
    rooms.on_leave([](auto& room, auto& member, const roompp::close_event& event) {
        print_line("left " + room.name() + ' ' + member.person().name + ' ' + std::to_string(event.code));
    });
    return rooms;
}

void serve(std::map<std::string, std::string> values) {
    roompp::limits limits = patient_limits();
    const auto number = [&values](const char* name, auto& target) {
        if (!values[name].empty()) target = std::stoul(values[name]);
    };
    std::size_t threads = 1;
    number("--threads", threads);
    number("--connections", limits.connections);

    roompp::server server;
    server.threads(threads).limits(limits);
    const roompp::v1_protocol protocol;
    const auto rooms = make_announcing_rooms();
    server.websocket("/ws/chat/{room}/", rooms, protocol);
    roompp::http_rooms(server, rooms, protocol)
        .poll_route("/poll/chat/{room}/")
        .event_route("/events/chat/{room}/")
        .post_route("/send/chat/{room}/");

    // For load tests: no hooks, no presence.
    const roompp::rooms<roompp::basic_room<roompp::ring_history<2000>>> quiet;
    server.websocket("/ws/quiet/{room}/", quiet, protocol);
    roompp::http_rooms(server, quiet, protocol)
        .poll_route("/poll/quiet/{room}/")
        .event_route("/events/quiet/{room}/")
        .post_route("/send/quiet/{room}/");

    server.listen(0, "127.0.0.1").stop_on_signals();
    print_line(server.url());
    server.run();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::map<std::string, std::string> values;
        for (int i = 1; i + 1 < argc; i += 2) values[argv[i]] = argv[i + 1];
        serve(std::move(values));
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
