// websocketpp as most programs use it: one io_context, a set of handles, and `server.send` in a loop.
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>

using websocketpp::connection_hdl;
using server_type = websocketpp::server<websocketpp::config::asio>;
using room = std::set<connection_hdl, std::owner_less<connection_hdl>>;

int main(int argc, char** argv) {
    long port = 9002;
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], "--port") == 0) port = std::strtol(argv[i + 1], nullptr, 10);
    }

    server_type server;
    std::map<std::string, room> rooms;
    server.clear_access_channels(websocketpp::log::alevel::all);
    server.clear_error_channels(websocketpp::log::elevel::all);
    server.init_asio();
    server.set_reuse_addr(true);
    server.set_listen_backlog(4096);
    server.set_tcp_post_init_handler([&](connection_hdl handle) {
        websocketpp::lib::asio::error_code ignored;
        server.get_con_from_hdl(handle)->get_raw_socket().set_option(websocketpp::lib::asio::ip::tcp::no_delay(true),
                                                                     ignored);
    });
    server.set_open_handler([&](connection_hdl handle) {
        const std::string path = server.get_con_from_hdl(handle)->get_resource();
        if (path != "/echo") rooms[path].insert(handle);
    });
    server.set_close_handler([&](connection_hdl handle) {
        const std::string path = server.get_con_from_hdl(handle)->get_resource();
        if (path != "/echo") rooms[path].erase(handle);
    });
    server.set_message_handler([&](connection_hdl handle, server_type::message_ptr message) {
        const std::string& path = server.get_con_from_hdl(handle)->get_resource();
        websocketpp::lib::error_code ignored;
        if (path == "/echo") {
            server.send(handle, message->get_payload(), message->get_opcode(), ignored);
            return;
        }
        for (const connection_hdl& member : rooms[path]) {
            server.send(member, message->get_payload(), message->get_opcode(), ignored);
        }
    });

    server.listen(websocketpp::lib::asio::ip::tcp::endpoint(websocketpp::lib::asio::ip::address_v4::loopback(),
                                                            static_cast<std::uint16_t>(port)));
    server.start_accept();
    websocketpp::lib::asio::error_code unknown;
    std::cout << "listening on http://127.0.0.1:" << server.get_local_endpoint(unknown).port() << "/" << std::endl;
    server.run();
}
