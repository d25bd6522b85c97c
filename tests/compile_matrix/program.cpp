// A program that uses what every header brings, so that the templates are instantiated. compile_matrix and header_probe
// compile it, with an every_header.hpp that they make.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "every_header.hpp"

namespace {

struct greeting {
    std::string text;
};
struct move {
    int x = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(greeting, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(move, x)

using full_room = roompp::basic_room<roompp::ring_history<200>, roompp::presence>;
using command = std::variant<greeting, move>;
using typed_room = roompp::room<command>;
using plain_room = roompp::basic_room<>;

void set_up(roompp::server& server) {
    roompp::rooms<> plain;
    plain.on_join([](plain_room& in, plain_room::member& member) { in.broadcast_except(member, "hello"); });
    plain.on_message([](plain_room& in, plain_room::member&, std::string_view text) { in.broadcast(text); });
    plain.on_leave([](plain_room&, plain_room::member&, const roompp::close_event&) {});
    server.websocket("/ws/plain/{room}/", plain);

    roompp::rooms<typed_room> typed;
    typed.on_message([](typed_room& in, const command& message) { in.broadcast(message); });
    server.websocket("/ws/typed/{room}/", typed);

    roompp::rooms<full_room> full;
    const roompp::v1_protocol protocol;
    server.websocket("/ws/full/{room}/", full, protocol, roompp::django_channels_protocol());
    roompp::http_rooms(server, full, protocol)
        .poll_route("/poll/{room}/")
        .event_route("/events/{room}/")
        .post_route("/send/{room}/");

    server.websocket("/ws/echo/", roompp::echo());
    server.get("/", [] { return roompp::response::json("{}"); });
#if __has_include(<zlib.h>)
    server.compression(roompp::deflate());
#endif
#if __has_include(<liburing.h>)
    server.fan_out_writer(roompp::io_uring());
#endif
#if defined(ASIO_HAS_CO_AWAIT)
    roompp::rooms<> slow;
    slow.on_message([](plain_room&, plain_room::member&, std::string_view) -> asio::awaitable<void> { co_return; });
    server.websocket("/ws/slow/{room}/", slow);
#endif
}

}  // namespace

int main() {
    roompp::server server;
    set_up(server);
    roompp::testing::world world(server);
    world.connect("/ws/echo/").send("hello").expect("hello");
    world.http().get("/");
    world.advance(std::chrono::seconds(1));
    roompp::testing::explore(1, [](std::uint64_t) {});
    server.listen(0).run();
}
