// A program that has its websocketpp::server already, and takes rooms from roompp: one room for every path.
#include <iostream>
#include <map>
#include <memory>

#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

#include <roompp/websocketpp.hpp>

using endpoint = websocketpp::server<websocketpp::config::asio>;
using member = roompp::websocketpp_member<endpoint>;
using rooms = roompp::rooms<roompp::basic_room<roompp::of_members<member>>>;

int main() {
    endpoint server;
    server.clear_access_channels(websocketpp::log::alevel::all);
    server.init_asio();

    roompp::loop loop(roompp::run_on(server));
    rooms chat(loop);
    std::map<websocketpp::connection_hdl, rooms::membership, std::owner_less<>> members;

    server.set_open_handler([&](websocketpp::connection_hdl hdl) {
        const auto connection = server.get_con_from_hdl(hdl);
        members[hdl] = chat.join(std::make_shared<member>(connection, loop), connection->get_resource());
    });
    server.set_message_handler([&](websocketpp::connection_hdl hdl, endpoint::message_ptr message) {
        members[hdl].receive(message->get_payload());
    });
    server.set_close_handler([&](websocketpp::connection_hdl hdl) { members.erase(hdl); });

    server.listen(asio::ip::tcp::v4(), 0);
    server.start_accept();
    websocketpp::lib::asio::error_code ignored;
    std::cout << "ws://127.0.0.1:" << server.get_local_endpoint(ignored).port() << "/" << std::endl;
    server.run();
}
