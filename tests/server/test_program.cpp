// A small server with one route of every kind, for the tests in this folder.

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <roompp/roompp.hpp>
#include <roompp/v1.hpp>

#if ROOMPP_TEST_DEFLATE
#include <roompp/deflate.hpp>
#endif

#if ROOMPP_TEST_TLS
#include <roompp/tls.hpp>
#endif

#if ROOMPP_TEST_IO_URING
#include <roompp/io_uring.hpp>
#endif

#include "../patient_limits.hpp"
#include "deferred_routes.hpp"

namespace {

constexpr const char* usage =
    "usage: server_test_program [--address A] [--port N] [--threads N] [--pages DIR] [--message-bytes N] [--compress N]\n"
    "    [--queue-bytes N] [--connections-per-address N] [--request-timeout S] [--ping-interval S]\n"
    "    [--ping-timeout S] [--close-timeout S] [--stop-timeout S] [--writer send|io_uring] [--handshakes N]\n"
    "    [--tls DIR] [--tls-other DIR] [--client-ca FILE] [--demand required|optional] [--redirect 1] [--hsts S]\n"
    "--tls: listens with DIR/cert.pem and DIR/key.pem, and DIR/ocsp.der if it is there, too; loads them anew on SIGHUP.\n"
    "Ends with 77 where there is no io_uring, or no OpenSSL for --tls.\n";

constexpr int exit_code_skipped = 77;

struct options {
    roompp::limits limits = patient_limits();
    std::size_t threads = 1;
    std::uint16_t port = 0;
    std::string address = "127.0.0.1";
    std::string pages;
    std::string writer = "send";
    std::string tls;
    std::string tls_other;
    std::string client_ca;
    std::string demand = "required";
    std::size_t redirect = 0;
    std::chrono::seconds hsts{};
    std::size_t compress = 0;  // minimum message size in bytes; 0: no compression
};

options parse(int argc, char** argv) {
    options settings;
    std::map<std::string, std::string> values;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) throw std::invalid_argument(std::string(argv[i]) + " needs a value");
        values[argv[i]] = argv[i + 1];
    }
    const auto text = [&values](const char* name, std::string& target) {
        const auto found = values.find(name);
        if (found == values.end()) return;
        target = found->second;
        values.erase(found);
    };
    const auto number = [&text](const char* name, auto& target) {
        std::string value;
        text(name, value);
        if (!value.empty()) target = static_cast<std::decay_t<decltype(target)>>(std::stoul(value));
    };
    const auto seconds = [&number](const char* name, std::chrono::seconds& target) {
        auto count = static_cast<std::size_t>(target.count());
        number(name, count);
        target = std::chrono::seconds(count);
    };
    text("--address", settings.address);
    text("--pages", settings.pages);
    text("--writer", settings.writer);
    text("--tls", settings.tls);
    text("--tls-other", settings.tls_other);
    text("--client-ca", settings.client_ca);
    text("--demand", settings.demand);
    number("--redirect", settings.redirect);
    seconds("--hsts", settings.hsts);
    number("--handshakes", settings.limits.handshakes);
    number("--port", settings.port);
    number("--compress", settings.compress);
    number("--threads", settings.threads);
    number("--message-bytes", settings.limits.message_bytes);
    number("--queue-bytes", settings.limits.queue_bytes);
    number("--connections-per-address", settings.limits.connections_per_address);
    seconds("--request-timeout", settings.limits.request_timeout);
    seconds("--ping-interval", settings.limits.ping_interval);
    seconds("--ping-timeout", settings.limits.ping_timeout);
    seconds("--close-timeout", settings.limits.close_timeout);
    seconds("--stop-timeout", settings.limits.stop_timeout);
    if (!values.empty()) throw std::invalid_argument("unknown option " + values.begin()->first + '\n' + usage);
    return settings;
}

roompp::websocket_handler hooks() {
    roompp::websocket_handler handler;
    handler.on_connect([](const roompp::request& request, roompp::connect_reply& reply) {
        if (request.query("token") == "bad") return reply.refuse(401, "A good token is needed.\n");
        reply.subprotocol("roompp.test");
    });
    handler.on_open([](roompp::connection& connection) { connection.send("welcome"); });
    handler.on_message([](roompp::connection& connection, roompp::payload message) {
        if (message.data() == "throw") throw std::runtime_error("a handler was told to throw");
        if (message.data() == "close") return connection.close(4001, "bye");
        connection.send(message);
    });
    handler.on_close([](const roompp::close_event& event) {
        std::printf("closed %d %s\n", int{event.code}, event.reason.c_str());
        std::fflush(stdout);
    });
    return handler;
}

roompp::rooms<> announcing_rooms() {
    using plain_room = roompp::basic_room<>;
    roompp::rooms<plain_room> rooms;
    rooms.on_join([](plain_room& room) { room.broadcast("joined"); });
    rooms.on_leave([](plain_room& room) { room.broadcast("left"); });
    rooms.on_message([](plain_room& room, plain_room::member& sender, roompp::payload message) {
        room.broadcast_except(sender, message);
        sender.send("only you");
    });
    return rooms;
}

// Rooms with one of the three policies for slow members.
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

// @returns whether the writer is available.
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

// @returns whether there is TLS, if it is wanted.
bool listen_with_tls([[maybe_unused]] roompp::server& server, const options& settings) {
    if (settings.tls.empty()) return true;
#if ROOMPP_TEST_TLS
    const std::string ocsp_response = settings.tls + "/ocsp.der";
    roompp::tls certificates(settings.tls + "/cert.pem", settings.tls + "/key.pem",
                             std::filesystem::exists(ocsp_response) ? ocsp_response : std::string());
    if (!settings.tls_other.empty())
        certificates.certificate(settings.tls_other + "/cert.pem", settings.tls_other + "/key.pem");
    if (!settings.client_ca.empty())
        certificates.verify_clients(settings.client_ca, settings.demand == "required"
                                                            ? roompp::client_certificates::required
                                                            : roompp::client_certificates::optional);
    server.listen_tls(0, certificates, settings.address);
    server.on_signal(SIGHUP, [certificates]() mutable {
        certificates.reload();
        std::printf("loaded anew\n");
        std::fflush(stdout);
    });
    if (settings.redirect != 0) server.redirect_to_tls();
    if (settings.hsts.count() != 0) server.hsts(settings.hsts);
    return true;
#else
    return false;
#endif
}

int serve(const options& settings) {
    roompp::server server;
    if (!set_writer(server, settings.writer)) {
        std::fprintf(stderr, "there is no io_uring here: the kernel refuses it, or this was built without liburing\n");
        return exit_code_skipped;
    }
    server.threads(settings.threads).limits(settings.limits);
#if ROOMPP_TEST_DEFLATE
    if (settings.compress != 0) server.compression(roompp::deflate({6, settings.compress}));
#endif
    server.websocket("/ws/echo/", roompp::echo());
    server.websocket("/ws/room/{room}/", roompp::rooms<>());
    server.websocket("/ws/hooks/", hooks());
    server.websocket("/ws/other/{room}/", announcing_rooms());
    add_rooms(server);
    server.get("/hello/{name}/", [](const roompp::request& request) {
        return "Hello, " + std::string(request.parameter("name")) + "!\n";
    });
    server.get("/address/", [](const roompp::request& request) { return request.peer_address(); });
    server.get("/certificate/", [](const roompp::request& request) { return request.client_certificate(); });
    server.post("/stop/", [&server](const roompp::request&) {
        server.stop();
        return "stops\n";
    });
    server.post("/shout/", [](const roompp::request& request) { return upper_case(request.body()); });
    deferred_routes::add_to(server);
    if (!settings.pages.empty()) {
        server.pages_from(roompp::page_source(settings.pages)).page("/", "index.html");
        server.pages("/static/", settings.pages + "/static");
    }
    server.listen(settings.port, settings.address == "any" ? std::string() : settings.address).stop_on_signals();
    if (!listen_with_tls(server, settings)) {
        std::fprintf(stderr, "there is no TLS here: this was built without OpenSSL\n");
        return exit_code_skipped;
    }
    std::printf("%s\n", server.url().c_str());
    if (!settings.tls.empty()) std::printf("%s\n", server.tls_url().c_str());
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
