#include <roompp/http_rooms.hpp>
#include <roompp/json.hpp>
#include <roompp/v1.hpp>

#if CHAT_SERVER_TLS
#include <csignal>

#include <roompp/tls.hpp>
#endif
#if CHAT_SERVER_SQLITE
#include <roompp/sqlite.hpp>
#endif

#include "../run.hpp"
#include "pages.hpp"

namespace {

template <class Room>
void serve_rooms(roompp::server& server, const roompp::rooms<Room>& rooms) {
    const roompp::v1_protocol protocol;
    server.websocket("/ws/chat/{room}/", rooms, protocol, roompp::django_channels_protocol());
    roompp::http_rooms(server, rooms, protocol)  // for clients whose proxy blocks WebSocket
        .poll_route("/poll/chat/{room}/")
        .event_route("/events/chat/{room}/")
        .post_route("/send/chat/{room}/");
    server.get("/api/rooms", [rooms] {
        return roompp::response::json(nlohmann::json{{"rooms", rooms.list()}}.dump());
    });
}

}  // namespace

int main(int argc, char** argv) {
    return example::run(argc, argv, "A chat with rooms", [](roompp::server& server, const example::options& options) {
        roompp::limits limits;
        limits.messages_per_second = 100;  // excess messages are dropped, with an error to the sender
        limits.on_flood = roompp::flood::drop;
        server.limits(limits);

        if (options.data.empty())
            serve_rooms(server, roompp::rooms<roompp::basic_room<roompp::ring_history<200>, roompp::presence>>());
#if CHAT_SERVER_SQLITE
        if (!options.data.empty()) {
            roompp::rooms<roompp::basic_room<roompp::logged<200>, roompp::presence>> rooms;
            const roompp::sqlite_log log(options.data);
            rooms.log(log);
            server.secret(log.secret());  // clients are who they were
            serve_rooms(server, rooms);
        }
#endif
        server.pages_from({pages, options.pages}).page("/", "index.html").page("/{room}/", "room.html");
        server.page("/roompp.js", "roompp.js");
        server.page("/chat/", "index.html").page("/chat/{room}/", "simple.html");  // the paths of the Channels tutorial
#if CHAT_SERVER_TLS
        if (options.tls_certificate.empty()) return;
        roompp::tls certificates(options.tls_certificate, options.tls_key);
        server.listen_tls(options.port, certificates, options.address);
        server.on_signal(SIGHUP, [certificates]() mutable { certificates.reload(); });  // an error is only reported
#endif
    });
}
