#include <roompp/http_rooms.hpp>
#include <roompp/json.hpp>
#include <roompp/v1.hpp>

#if CHAT_SERVER_TLS
#include <csignal>

#include <roompp/tls.hpp>
#endif

#include "../run.hpp"
#include "pages.hpp"

int main(int argc, char** argv) {
    return example::run(argc, argv, "A chat with rooms", [](roompp::server& server, const example::options& options) {
        roompp::limits limits;
        limits.messages_per_second = 100;  // excess messages are dropped, with an error to the sender
        limits.on_flood = roompp::flood::drop;
        server.limits(limits);

        using chat_room = roompp::basic_room<roompp::ring_history<200>, roompp::presence>;
        roompp::rooms<chat_room> rooms;
        const roompp::v1_protocol protocol;
        server.websocket("/ws/chat/{room}/", rooms, protocol, roompp::django_channels_protocol());
        roompp::http_rooms(server, rooms, protocol)  // for clients whose proxy blocks WebSocket
            .poll_route("/poll/chat/{room}/")
            .event_route("/events/chat/{room}/")
            .post_route("/send/chat/{room}/");
        server.pages_from({pages, options.pages}).page("/", "index.html").page("/{room}/", "room.html");
        server.page("/roompp.js", "roompp.js");
        server.page("/chat/", "index.html").page("/chat/{room}/", "simple.html");  // the paths of the Channels tutorial
        server.get("/api/rooms", [rooms] {
            return roompp::response::json(nlohmann::json{{"rooms", rooms.list()}}.dump());
        });
#if CHAT_SERVER_TLS
        if (options.tls_certificate.empty()) return;
        roompp::tls certificates(options.tls_certificate, options.tls_key);
        server.listen_tls(options.port, certificates, options.address);
        server.on_signal(SIGHUP, [certificates]() mutable { certificates.reload(); });  // an error is only reported
#endif
    });
}
