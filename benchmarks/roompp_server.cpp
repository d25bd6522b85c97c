// The library's own server as a peer of the benchmarks: /room and /echo. --port N (0 picks a free one), --threads N,
// --writer io_uring: what a turn has to send is submitted together, and this says so; --compress yes,
// --history yes: rooms with numbers, a history and presence.
#include <cstdint>
#include <iostream>
#include <string>

#include <roompp/deflate.hpp>
#include <roompp/io_uring.hpp>
#include <roompp/roompp.hpp>

int main(int argc, char** argv) {
    roompp::server server;
    roompp::rooms<> rooms;
    roompp::rooms<roompp::basic_room<roompp::ring_history<100>, roompp::presence>> kept;
    bool keep = false;
    std::uint16_t port = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        const std::string value = argv[i + 1];
        if (option == "--port") port = static_cast<std::uint16_t>(std::stoi(value));
        if (option == "--threads") server.threads(std::stoul(value));
        if (option == "--compress") server.compression(roompp::deflate());
        if (option == "--history") keep = true;
        if (option == "--writer" && value == "io_uring") {
            server.fan_out_writer(roompp::io_uring());
            std::cout << "writer: "
                      << (roompp::io_uring_works() ? "io_uring" : "send, because the kernel refuses io_uring") << '\n';
        }
    }
    roompp::limits limits;
    limits.connections = limits.handshakes = 200'000;
    limits.messages_per_second = limits.bytes_per_second = 0;  // the load is no flood
    server.limits(limits);
    for (const char* const path : {"/room", "/room/{room}"}) {
        if (keep)
            server.websocket(path, kept);
        else
            server.websocket(path, rooms);
    }
    server.websocket("/echo", roompp::echo());
    server.listen(port, "127.0.0.1").stop_on_signals();
    std::cout << "listening on " << server.url() << std::endl;
    server.run();
}
