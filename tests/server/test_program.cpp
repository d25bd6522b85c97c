// A small server with one route of every kind, for the tests in this folder.

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>

#if ROOMPP_TEST_DEFLATE
#include <roompp/deflate.hpp>
#endif

#if ROOMPP_TEST_IO_URING
#include <roompp/io_uring.hpp>
#endif

#include "../patient_limits.hpp"
#include "later_routes.hpp"

namespace {

constexpr const char* usage =
    "usage: server_test_program [--address A] [--port N] [--threads N] [--pages DIR] [--message-bytes N] [--compress N]\n"
    "    [--queue-bytes N] [--connections-per-address N] [--request-timeout S] [--ping-interval S]\n"
    "    [--ping-timeout S] [--close-timeout S] [--stop-timeout S] [--writer send|io_uring]\n"
    "Ends with 77 where there is no io_uring.\n";

constexpr int no_io_uring_here = 77;

struct options {
    roompp::limits limits = patient_limits();
    std::size_t threads = 1;
    std::uint16_t port = 0;
    std::string address = "127.0.0.1";
    std::string pages;
    std::string writer = "send";
    std::size_t compress = 0;  // messages of at least so many bytes
};

options parse(int argc, char** argv) {
    options chosen;
    std::map<std::string, std::string> given;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) throw std::invalid_argument(std::string(argv[i]) + " needs a value");
        given[argv[i]] = argv[i + 1];
    }
    const auto text = [&given](const char* name, std::string& into) {
        const auto found = given.find(name);
        if (found == given.end()) return;
        into = found->second;
        given.erase(found);
    };
    const auto number = [&text](const char* name, auto& into) {
        std::string value;
        text(name, value);
        if (!value.empty()) into = static_cast<std::decay_t<decltype(into)>>(std::stoul(value));
    };
    const auto seconds = [&number](const char* name, std::chrono::seconds& into) {
        auto count = static_cast<std::size_t>(into.count());
        number(name, count);
        into = std::chrono::seconds(count);
    };
    text("--address", chosen.address);
    text("--pages", chosen.pages);
    text("--writer", chosen.writer);
    number("--port", chosen.port);
    number("--compress", chosen.compress);
    number("--threads", chosen.threads);
    number("--message-bytes", chosen.limits.message_bytes);
    number("--queue-bytes", chosen.limits.queue_bytes);
    number("--connections-per-address", chosen.limits.connections_per_address);
    seconds("--request-timeout", chosen.limits.request_timeout);
    seconds("--ping-interval", chosen.limits.ping_interval);
    seconds("--ping-timeout", chosen.limits.ping_timeout);
    seconds("--close-timeout", chosen.limits.close_timeout);
    seconds("--stop-timeout", chosen.limits.stop_timeout);
    if (!given.empty()) throw std::invalid_argument("unknown option " + given.begin()->first + '\n' + usage);
    return chosen;
}

roompp::websocket_handler hooks() {
    roompp::websocket_handler handler;
    handler.on_connect([](const roompp::request& asked, roompp::connect_reply& answer) {
        if (asked.query("token") == "bad") return answer.refuse(401, "A good token is needed.\n");
        answer.subprotocol("roompp.test");
    });
    handler.on_open([](roompp::connection& opened) { opened.send("welcome"); });
    handler.on_message([](roompp::connection& from, roompp::payload message) {
        if (message.data() == "throw") throw std::runtime_error("a handler was told to throw");
        if (message.data() == "close") return from.close(4001, "bye");
        from.send(message);
    });
    handler.on_close([](const roompp::close_event& how) {
        std::printf("closed %d %s\n", int{how.code}, how.reason.c_str());
        std::fflush(stdout);
    });
    return handler;
}

roompp::rooms<> talkative_rooms() {
    using room = roompp::basic_room<>;
    roompp::rooms<room> rooms;
    rooms.on_join([](room& joined) { joined.broadcast("joined"); });
    rooms.on_leave([](room& left) { left.broadcast("left"); });
    rooms.on_message([](room& its, room::member& sender, roompp::payload message) {
        its.broadcast_except(sender, message);
        sender.send("only you");
    });
    return rooms;
}

// Rooms that treat members who do not keep up in one of the three ways.
template <class Slow>
roompp::rooms<roompp::basic_room<roompp::ring_history<1000>, Slow>> rooms_for_slow() {
    return {};
}

void add_rooms(roompp::server& server) {
    using chat_room = roompp::basic_room<roompp::ring_history<100>, roompp::presence>;
    using long_room = roompp::basic_room<roompp::ring_history<10'000, 0, 64 * 1024 * 1024>>;
    server.websocket("/ws/chat/{room}/", roompp::rooms<chat_room>(), roompp::v1_protocol(),
                     roompp::django_channels_protocol());
    server.websocket("/ws/long/{room}/", roompp::rooms<long_room>(), roompp::v1_protocol());
    server.websocket("/ws/slow/disconnect/{room}/", rooms_for_slow<roompp::disconnect_slow>(), roompp::v1_protocol());
    server.websocket("/ws/slow/skip/{room}/", rooms_for_slow<roompp::skip_to_latest>(), roompp::v1_protocol());
    server.websocket("/ws/slow/drop/{room}/", rooms_for_slow<roompp::drop_oldest>(), roompp::v1_protocol());
}

std::string upper_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

// @returns whether the server can have it.
bool set_writer(roompp::server& server, const std::string& name) {
    if (name == "send") return true;
    if (name != "io_uring") throw std::invalid_argument("no such writer: " + name + '\n' + usage);
#if ROOMPP_TEST_IO_URING
    server.fan_out_writer(roompp::io_uring());
    return roompp::io_uring_works();
#else
    (void)server;
    return false;
#endif
}

int serve(const options& chosen) {
    roompp::server server;
    if (!set_writer(server, chosen.writer)) {
        std::fprintf(stderr, "there is no io_uring here: the kernel refuses it, or this was built without liburing\n");
        return no_io_uring_here;
    }
    server.threads(chosen.threads).limits(chosen.limits);
#if ROOMPP_TEST_DEFLATE
    if (chosen.compress != 0) server.compression(roompp::deflate({6, chosen.compress}));
#endif
    server.websocket("/ws/echo/", roompp::echo());
    server.websocket("/ws/room/{room}/", roompp::rooms<>());
    server.websocket("/ws/hooks/", hooks());
    server.websocket("/ws/other/{room}/", talkative_rooms());
    add_rooms(server);
    server.get("/hello/{name}/",
               [](const roompp::request& asked) { return "Hello, " + std::string(asked.parameter("name")) + "!\n"; });
    server.post("/shout/", [](const roompp::request& asked) { return upper_case(asked.body()); });
    later_routes::add_to(server);
    if (!chosen.pages.empty()) {
        server.pages_from(roompp::page_source(chosen.pages)).page("/", "index.html");
        server.pages("/static/", chosen.pages + "/static");
    }
    server.listen(chosen.port, chosen.address == "any" ? std::string() : chosen.address).stop_on_signals();
    std::printf("%s\n", server.url().c_str());
    std::fflush(stdout);
    server.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return serve(parse(argc, argv));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
