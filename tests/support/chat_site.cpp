#include "chat_site.hpp"

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>

namespace support {

template <class Room>
void chat_site::add_hooks(roompp::rooms<Room>& directory) {
    directory.on_join(
        [this](Room& room, auto& member) { log.push_back("joined " + room.name() + ' ' + member.person().name); });
    directory.on_leave([this](Room& room, auto& member, const roompp::close_event& event) {
        log.push_back("left " + room.name() + ' ' + member.person().name + ' ' + std::to_string(event.code));
    });
    directory.on_admit([](Room& room, auto&, roompp::join_reply& reply) {
        if (room.name() == "closed") reply.refuse(4001, "nobody may \"enter\"");
    });
    directory.on_message([](Room& room, auto& member, std::string_view text) {
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
}

roompp::server& chat_site::set_up(const roompp::limits& limits, std::size_t threads) {
    server.threads(threads).limits(limits).on_error([this](const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            log.push_back(std::string("error: ") + e.what());
        }
    });
    const roompp::v1_protocol protocol;
    add_hooks(rooms);
    server.websocket("/ws/chat/{room}/", rooms, protocol);
    roompp::http_rooms(server, rooms, protocol)
        .poll_route("/poll/chat/{room}/")
        .event_route("/events/chat/{room}/")
        .post_route("/send/chat/{room}/");

    add_hooks(short_rooms);
    roompp::http_rooms(server, short_rooms, protocol)
        .on_connect([](const roompp::request& request, roompp::connect_reply& reply) {
            if (request.query("token") == "bad") return reply.refuse(401, "A good token is needed.\n");
            if (const auto user = request.cookie("user")) reply.identify({*user, "User " + *user, ""});
        })
        .origins({"https://friend.example"})
        .poll_route("/poll/short/{room}/")
        .event_route("/events/short/{room}/")
        .post_route("/send/short/{room}/");
    return server;
}

}  // namespace support
