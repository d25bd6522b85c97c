// The library's own server as a peer of the benchmarks: /room and /echo. --port N (0 picks a free one), --threads N.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include <roompp/roompp.hpp>

int main(int argc, char** argv) {
    std::uint16_t port = 0;
    std::size_t threads = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        if (option == "--port") port = static_cast<std::uint16_t>(std::atoi(argv[i + 1]));
        if (option == "--threads") threads = static_cast<std::size_t>(std::atoi(argv[i + 1]));
    }
    roompp::server server;
    roompp::rooms<> rooms;
    server.websocket("/room", rooms);
    server.websocket("/room/{room}", rooms);
    server.websocket("/echo", roompp::echo());
    server.threads(threads).listen(port, "127.0.0.1").stop_on_signals();
    std::cout << "listening on " << server.url() << std::endl;
    server.run();
}
