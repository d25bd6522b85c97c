// The server for benchmarks/transports/run: one room by all four ways, on one thread.

#include <cstdio>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>

int main() {
    roompp::limits limits;
    limits.messages_per_second = limits.bytes_per_second = 0;
    roompp::server server;
    server.limits(limits);
    const roompp::rooms<roompp::basic_room<roompp::ring_history<2000>>> rooms;
    const roompp::v1_protocol protocol;
    server.websocket("/ws/chat/{room}/", rooms, protocol);
    roompp::http_rooms(server, rooms, protocol)
        .poll_route("/poll/chat/{room}/")
        .event_route("/events/chat/{room}/")
        .post_route("/send/chat/{room}/");
    server.listen(0, "127.0.0.1").stop_on_signals();
    std::printf("%s\n", server.url().c_str());
    std::fflush(stdout);
    server.run();
}
