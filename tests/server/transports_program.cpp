// Rooms by WebSocket, polling, event stream and POST, with small limits, for test_transports.py.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>

namespace {

using kept_room = roompp::basic_room<roompp::ring_history<2000>, roompp::presence>;
using forgetful_room = roompp::basic_room<roompp::ring_history<3>>;

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

template <class Room>
roompp::rooms<Room> talkative() {
    roompp::rooms<Room> rooms;
    rooms.on_join([](Room& room, auto& member) { say("joined " + room.name() + ' ' + member.who().name); });
    rooms.on_leave([](Room& room, auto& member, const roompp::close_event& how) {
        say("left " + room.name() + ' ' + member.who().name + ' ' + std::to_string(how.code));
    });
    rooms.on_admit([](Room& room, auto&, roompp::admission& answer) {
        if (room.name() == "closed") answer.refuse(4001, "nobody may \"enter\"");
    });
    rooms.on_message([](Room& room, auto& member, std::string_view text) {
        if (text == "/kick me") return member.close(4000, "as you wish");
        if (text == "/kick all") return room.close(4002, "everybody out");
        if (text == "/leave") {
            member.send("farewell");
            return member.leave();
        }
        if (text == "/nothing") return;
        if (text == "/only me") return member.send("only you");
        if (text == "/flood me") {
            for (int i = 0; i < 2000; ++i) room.signal(R"({"padding":")" + std::string(100, 'x') + "\"}");
            return;
        }
        if (text == "/throw") throw std::runtime_error("a room was told to throw");
        member.broadcast(text);
    });
    return rooms;
}

void serve(std::map<std::string, std::string> given) {
    roompp::limits limits;
    const auto seconds = [&given](const char* name, std::chrono::seconds& into) {
        if (!given[name].empty()) into = std::chrono::seconds(std::stoul(given[name]));
    };
    const auto number = [&given](const char* name, auto& into) {
        if (!given[name].empty()) into = std::stoul(given[name]);
    };
    std::size_t threads = 1;
    number("--threads", threads);
    seconds("--poll-grace", limits.poll_grace);
    seconds("--poll-wait", limits.poll_wait);
    seconds("--keep-alive", limits.keep_alive);
    number("--connections", limits.connections);
    number("--message-bytes", limits.message_bytes);
    number("--messages-per-second", limits.messages_per_second);
    number("--bytes-per-second", limits.bytes_per_second);
    number("--members-per-room", limits.members_per_room);

    roompp::server server;
    server.threads(threads).limits(limits);
    const roompp::v1 protocol;
    const auto rooms = talkative<kept_room>();
    server.websocket("/ws/chat/{room}/", rooms, protocol);
    roompp::http_rooms(server, rooms, protocol)
        .polls("/poll/chat/{room}/")
        .events("/events/chat/{room}/")
        .sends("/send/chat/{room}/");

    // For crowds: says nothing, and tells nobody who comes.
    const roompp::rooms<roompp::basic_room<roompp::ring_history<2000>>> quiet;
    server.websocket("/ws/quiet/{room}/", quiet, protocol);
    roompp::http_rooms(server, quiet, protocol)
        .polls("/poll/quiet/{room}/")
        .events("/events/quiet/{room}/")
        .sends("/send/quiet/{room}/");

    const auto forgetful = talkative<forgetful_room>();
    server.websocket("/ws/short/{room}/", forgetful, protocol);
    const auto who = [](const roompp::request& asked, roompp::acceptance& answer) {
        if (asked.query("token") == "bad") return answer.refuse(401, "A good token is needed.\n");
        if (const auto user = asked.cookie("user")) answer.identify({*user, "User " + *user, ""});
    };
    roompp::http_rooms(server, forgetful, protocol)
        .on_connect(who)
        .origins({"https://friend.example"})
        .polls("/poll/short/{room}/")
        .events("/events/short/{room}/")
        .sends("/send/short/{room}/");

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
