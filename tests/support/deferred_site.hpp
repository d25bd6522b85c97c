#pragma once
// Routes whose responses are deferred or streamed, under the control of a test.

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

namespace support {

namespace t = roompp::testing;

using strings = std::vector<std::string>;

/// The responses that `GET /held/{name}/` and `GET /stream/{name}/` have begun are in `responders` and `streams`, for the
/// test to complete as from another thread, and for `POST /answer|write|end|drop|cut/{name}/` on the server's own.
class deferred_site {
public:
    explicit deferred_site(const roompp::limits& limits = {}, std::uint64_t seed = 0, std::size_t threads = 1)
        : world(set_up(limits, threads), seed) {}

    /// A client whose request has been sent.
    t::http_client start_request(const std::string& path, const t::http_client::headers& more = {}) {
        auto client = world.http();
        client.start("GET", path, {}, more);
        world.settle();
        return client;
    }
    /// A client whose response is deferred.
    t::http_client start_held(const std::string& name) { return start_request("/held/" + name + '/'); }
    /// A client whose response has begun.
    t::http_client start_stream(const std::string& name) { return start_request("/stream/" + name + '/'); }
    /// Runs a command on the server's thread. @returns the body of its response.
    std::string run_command(const std::string& command, const std::string& name, const std::string& text = {}) {
        return world.http().post('/' + command + '/' + name + '/', text).body;
    }

    strings log;  // name and reason of each on_end
    roompp::server server;
    std::map<std::string, roompp::responder> responders;
    std::map<std::string, roompp::response_stream> streams;
    t::world world;

private:
    static const char* reason_text(roompp::abort_reason reason) {
        switch (reason) {
            case roompp::abort_reason::client_gone:
                return "client gone";
            case roompp::abort_reason::server_stops:
                return "server stops";
            case roompp::abort_reason::timed_out:
                return "timed out";
            case roompp::abort_reason::too_slow:
                return "too slow";
        }
        return "?";
    }

    roompp::server& set_up(const roompp::limits& limits, std::size_t threads) {
        server.threads(threads).limits(limits).on_error([] {});
        server.get("/hello/{name}/", [](const roompp::request& request) {
            return "Hello, " + std::string(request.parameter("name")) + "!\n";
        });
        server.post("/shout/", [](const roompp::request& request) { return request.body() + '!'; });
        server.websocket("/ws/echo/", roompp::echo());
        add_held();
        add_streams();
        return server;
    }
    static std::string name_of(const roompp::request& request) { return std::string(request.parameter("name")); }

    void add_held() {
        server.get("/held/{name}/", [this](const roompp::request& request, const roompp::responder& responder) {
            responder.on_end([this, name = name_of(request), last_word = request.query("last_word")](
                                 const roompp::responder& pending_request, roompp::abort_reason reason) {
                log.push_back(name + ": " + reason_text(reason));
                if (last_word) pending_request.answer(roompp::response(*last_word));
            });
            responders.insert_or_assign(name_of(request), responder);
        });
        server.post("/answer/{name}/", [this](const roompp::request& request) -> roompp::response {
            return responders.at(name_of(request)).answer(request.body()) ? "answered" : "too late";
        });
        server.post("/drop/{name}/", [this](const roompp::request& request) {
            responders.erase(name_of(request));
            return "dropped";
        });
    }

    void add_streams() {
        server.get("/stream/{name}/", [this](const roompp::request& request, const roompp::responder& responder) {
            const auto body = responder.stream(
                {request.query("status") ? std::stoi(*request.query("status")) : 200, "text/plain", "begin\n"},
                request.query("to_the_end") ? roompp::body_framing::connection : roompp::body_framing::chunk);
            body.on_end([this, name = name_of(request), last_word = request.query("last_word")](
                            const roompp::response_stream& stream, roompp::abort_reason reason) {
                log.push_back(name + ": " + reason_text(reason));
                if (last_word) stream.write(*last_word);
            });
            streams.insert_or_assign(name_of(request), body);
        });
        server.post("/write/{name}/", [this](const roompp::request& request) {
            const auto& body = streams.at(name_of(request));
            body.write(request.body());
            return body.is_open() ? "open" : "over";
        });
        server.post("/end/{name}/", [this](const roompp::request& request) {
            streams.at(name_of(request)).end();
            return "ended";
        });
        server.post("/cut/{name}/", [this](const roompp::request& request) {
            streams.erase(name_of(request));
            return "cut";
        });
    }
};

/// A request as bytes.
inline std::string request_bytes(const std::string& path, const std::string& version = "HTTP/1.1") {
    return "GET " + path + ' ' + version + "\r\nHost: localhost\r\n\r\n";
}

}  // namespace support
