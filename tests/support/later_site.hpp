#pragma once
// Routes that answer later or piece by piece, when a test wants it.

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

namespace later {

namespace t = roompp::testing;

using strings = std::vector<std::string>;

/// What `GET /held/{name}/` and `GET /stream/{name}/` have begun is kept in `held` and `bodies`, for the test to answer, as
/// from another thread, and for `POST /answer|write|end|drop|cut/{name}/`, on the server's own.
class site {
public:
    explicit site(const roompp::limits& bounds = {}, std::uint64_t seed = 0, std::size_t threads = 1)
        : world(set_up(bounds, threads), seed) {}

    /// A client that has asked, and may be waiting.
    t::http_client ask(const std::string& path, const t::http_client::headers& more = {}) {
        auto client = world.http();
        client.start("GET", path, {}, more);
        world.settle();
        return client;
    }
    /// A client whose request is held.
    t::http_client hold(const std::string& name) { return ask("/held/" + name + '/'); }
    /// A client whose answer has begun.
    t::http_client stream(const std::string& name) { return ask("/stream/" + name + '/'); }
    /// Has something done by the server itself; returns the answer.
    std::string tell(const std::string& what, const std::string& name, const std::string& text = {}) {
        return world.http().post('/' + what + '/' + name + '/', text).body;
    }

    strings lines;  // who was told why the waiting is over
    roompp::server server;
    std::map<std::string, roompp::responder> held;
    std::map<std::string, roompp::response_stream> bodies;
    t::world world;

private:
    static const char* word_for(roompp::abort_reason why) {
        switch (why) {
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

    roompp::server& set_up(const roompp::limits& bounds, std::size_t threads) {
        server.threads(threads).limits(bounds).on_error([] {});
        server.get("/hello/{name}/", [](const roompp::request& asked) {
            return "Hello, " + std::string(asked.parameter("name")) + "!\n";
        });
        server.post("/shout/", [](const roompp::request& asked) { return asked.body() + '!'; });
        server.websocket("/ws/echo/", roompp::echo());
        add_held();
        add_streams();
        return server;
    }
    static std::string name_of(const roompp::request& asked) { return std::string(asked.parameter("name")); }

    void add_held() {
        server.get("/held/{name}/", [this](const roompp::request& asked, const roompp::responder& later) {
            later.on_end([this, name = name_of(asked), last_word = asked.query("last_word")](
                             const roompp::responder& its, roompp::abort_reason why) {
                lines.push_back(name + ": " + word_for(why));
                if (last_word) its.answer(roompp::response(*last_word));
            });
            held.insert_or_assign(name_of(asked), later);
        });
        server.post("/answer/{name}/", [this](const roompp::request& asked) -> roompp::response {
            return held.at(name_of(asked)).answer(asked.body()) ? "answered" : "too late";
        });
        server.post("/drop/{name}/", [this](const roompp::request& asked) {
            held.erase(name_of(asked));
            return "dropped";
        });
    }

    void add_streams() {
        server.get("/stream/{name}/", [this](const roompp::request& asked, const roompp::responder& later) {
            const auto body = later.stream(
                {asked.query("status") ? std::stoi(*asked.query("status")) : 200, "text/plain", "begin\n"},
                asked.query("to_the_end") ? roompp::body_framing::connection : roompp::body_framing::chunk);
            body.on_end([this, name = name_of(asked), last_word = asked.query("last_word")](
                            const roompp::response_stream& its, roompp::abort_reason why) {
                lines.push_back(name + ": " + word_for(why));
                if (last_word) its.write(*last_word);
            });
            bodies.insert_or_assign(name_of(asked), body);
        });
        server.post("/write/{name}/", [this](const roompp::request& asked) {
            const auto& body = bodies.at(name_of(asked));
            body.write(asked.body());
            return body.is_open() ? "open" : "over";
        });
        server.post("/end/{name}/", [this](const roompp::request& asked) {
            bodies.at(name_of(asked)).end();
            return "ended";
        });
        server.post("/cut/{name}/", [this](const roompp::request& asked) {
            bodies.erase(name_of(asked));
            return "cut";
        });
    }
};

/// A request as bytes.
inline std::string request_bytes(const std::string& path, const std::string& version = "HTTP/1.1") {
    return "GET " + path + ' ' + version + "\r\nHost: localhost\r\n\r\n";
}

}  // namespace later
