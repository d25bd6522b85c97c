#include "v1_site.hpp"

#include <exception>
#include <stdexcept>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>

namespace support {

namespace {

using room = roompp::basic_room<roompp::ring_history<100>, roompp::presence>;
using short_room = roompp::basic_room<roompp::ring_history<10>>;

}  // namespace

roompp::server& v1_site::set_up(roompp::server& target) {
    roompp::rooms<room> chat;
    chat.on_message([](room::member& sender, std::string_view text) {
        if (text == "throw") throw std::runtime_error("a chat's handler was told to throw");
        if (text == "kick me") return sender.close(4003, "kicked");
        if (text != "drop this") sender.broadcast(text);
    });
    target.on_error([](const std::exception_ptr&) {});
    target.websocket("/chat/{room}/", chat, roompp::v1_protocol(), roompp::django_channels_protocol());
    target.websocket("/public/{room}/", roompp::rooms<room>(),
                     roompp::v1_protocol().direct_messages(false).client_signals(false));
    target.websocket("/short/{room}/", roompp::rooms<short_room>(), roompp::v1_protocol());
    return target;
}

}  // namespace support
