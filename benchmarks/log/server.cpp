// Rooms in memory at /memory, and in an SQLite database at /sqlite and /rooms/{room}, for benchmarks/log/run.
//   server DATABASE full|normal    prints the port
#include <iostream>
#include <string>

#include <roompp/roompp.hpp>
#include <roompp/sqlite.hpp>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: server DATABASE full|normal\n";
        return 2;
    }
    roompp::limits limits;
    limits.connections = limits.handshakes = 200'000;
    limits.messages_per_second = limits.bytes_per_second = 0;
    roompp::rooms<roompp::basic_room<roompp::ring_history<100>>> in_memory;
    roompp::rooms<roompp::basic_room<roompp::logged<100>>> stored;
    const bool is_full = std::string(argv[2]) == "full";
    stored.log(roompp::sqlite_log(argv[1]).durability(is_full ? roompp::durability::full : roompp::durability::normal));
    roompp::server server;
    server.limits(limits);
    server.websocket("/memory", in_memory);
    server.websocket("/sqlite", stored);
    server.websocket("/rooms/{room}", stored);
    server.listen(0, "127.0.0.1").stop_on_signals();
    std::cout << server.port() << std::endl;
    server.run();
}
