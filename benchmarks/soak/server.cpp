// The server for benchmarks/soak/run: rooms by all transports, compression, pages and deferred responses; with TLS if compiled with
// -DROOMPP_SOAK_TLS.
//   soak_server THREADS PAGES [CERTIFICATE KEY]

#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include <roompp/deflate.hpp>
#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>
#if ROOMPP_SOAK_TLS
#include <roompp/tls.hpp>
#endif

namespace {

roompp::limits short_waits() {
    roompp::limits limits;
    // So that a steady state is reached soon: what these end is measured, not the default times.
    limits.empty_room = limits.poll_grace = limits.keep_alive = std::chrono::seconds(10);
    limits.ping_interval = limits.ping_timeout = std::chrono::seconds(5);
    limits.queue_bytes = 256 * 1024;
    return limits;
}

void serve(int argc, char** argv) {
    if (argc < 3) throw std::invalid_argument("usage: soak_server THREADS PAGES [CERTIFICATE KEY]");
    roompp::server server;
    server.threads(std::stoul(argv[1])).limits(short_waits()).compression(roompp::deflate({6, 128}));
    const roompp::rooms<roompp::basic_room<roompp::ring_history<50>, roompp::presence>> rooms;
    const roompp::v1_protocol protocol;
    server.websocket("/ws/{room}/", rooms, protocol);
    server.websocket("/echo/", roompp::echo());
    roompp::http_rooms(server, rooms, protocol)
        .poll_route("/poll/{room}/")
        .event_route("/events/{room}/")
        .post_route("/send/{room}/");
    server.pages("/pages/", argv[2]);
    server.get("/api/rooms", [rooms] { return std::to_string(rooms.size()); });
#if ROOMPP_SOAK_TLS
    if (argc > 4)
        server.listen_tls(0, roompp::tls(argv[3], argv[4]), "127.0.0.1");
    else
#endif
        server.listen(0, "127.0.0.1");
    server.stop_on_signals();
    std::printf("%s\n", server.url().c_str());
    std::fflush(stdout);
    server.run();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        serve(argc, argv);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
