// One server with a plain and a TLS port, for benchmarks/tls/run: rooms at /room, an echo at /echo.
//   server FOLDER    which has cert.pem and key.pem; prints the two ports
#include <iostream>
#include <string>

#include <roompp/roompp.hpp>
#include <roompp/tls.hpp>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: server FOLDER\n";
        return 2;
    }
    const std::string folder = argv[1];
    roompp::limits limits;
    limits.connections = limits.handshakes = 200'000;
    limits.messages_per_second = limits.bytes_per_second = 0;
    roompp::rooms<> rooms;
    roompp::server server;
    server.limits(limits);
    server.websocket("/room", rooms);
    server.websocket("/echo", roompp::echo());
    server.listen(0, "127.0.0.1");
    server.listen_tls(0, roompp::tls(folder + "/cert.pem", folder + "/key.pem"), "127.0.0.1");
    server.stop_on_signals();
    std::cout << server.port() << ' ' << server.tls_port() << std::endl;
    server.run();
}
