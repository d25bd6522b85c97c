// roompp's server of the resume storm: a room with a history at /room, and the protocol roompp.v1. --port N (0 picks a free one).
#include <cstdint>
#include <iostream>
#include <string>

#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>

int main(int argc, char** argv) {
    roompp::server server;
    roompp::rooms<roompp::basic_room<roompp::ring_history<100>>> rooms;
    std::uint16_t port = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        if (option == "--port") port = static_cast<std::uint16_t>(std::stoi(argv[i + 1]));
        if (option == "--threads") server.threads(std::stoul(argv[i + 1]));
    }
    roompp::limits limits;
    limits.connections = limits.handshakes = 200'000;
    limits.messages_per_second = limits.bytes_per_second = 0;
    server.limits(limits);
    server.websocket("/room/{room}", rooms, roompp::v1_protocol());
    server.listen(port, "127.0.0.1").stop_on_signals();
    std::cout << "listening on " << server.url() << std::endl;
    server.run();
}
