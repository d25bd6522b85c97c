// The library's own server as a peer of the benchmarks: /room and /echo, and /page and /json for http/run. --port N (0 picks a free one), --threads N,
// --writer io_uring: the sends of an event-loop turn are submitted together, which the output confirms; --compress yes,
// --history yes: rooms with message numbers, a history and presence.
#include <cstdint>
#include <iostream>
#include <string>

#include <roompp/deflate.hpp>
#include <roompp/io_uring.hpp>
#include <roompp/roompp.hpp>

int main(int argc, char** argv) {
    roompp::server server;
    roompp::rooms<> rooms;
    roompp::rooms<roompp::basic_room<roompp::ring_history<100>, roompp::presence>> rooms_with_history;
    bool has_history = false;
    std::uint16_t port = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        const std::string value = argv[i + 1];
        if (option == "--port") port = static_cast<std::uint16_t>(std::stoi(value));
        if (option == "--threads") server.threads(std::stoul(value));
        if (option == "--compress") server.compression(roompp::deflate());
        if (option == "--history") has_history = true;
        if (option == "--writer" && value == "io_uring") {
            server.fan_out_writer(roompp::io_uring());
            std::cout << "writer: "
                      << (roompp::io_uring_works() ? "io_uring" : "send, because the kernel refuses io_uring") << '\n';
        }
    }
    roompp::limits limits;
    limits.connections = limits.handshakes = 200'000;
    limits.messages_per_second = limits.bytes_per_second = 0;  // the load exceeds the default rate limits
    server.limits(limits);
    for (const char* const path : {"/room", "/room/{room}"}) {
        if (has_history)
            server.websocket(path, rooms_with_history);
        else
            server.websocket(path, rooms);
    }
    server.websocket("/echo", roompp::echo());
    server.get("/page", [page = std::string(2000, 'x')](const roompp::request&) {
        return roompp::response(200, "text/html; charset=utf-8", page);
    });
    server.get("/json",
               [](const roompp::request&) { return roompp::response::json(R"({"message":"Hello, World!"})"); });
    server.listen(port, "127.0.0.1").stop_on_signals();
    std::cout << "listening on " << server.url() << std::endl;
    server.run();
}
