#pragma once
// A server with a page of every kind, and requests as bytes.

#include <cctype>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/simulation.hpp>

#include "temporary_folder.hpp"

namespace support {

inline constexpr const char* secret = "the secret outside the folder";

/// A mebibyte of all bytes.
[[nodiscard]] inline std::string large_bytes() {
    std::string bytes;
    while (bytes.size() < 1024 * 1024) bytes += static_cast<char>(bytes.size() % 256);
    return bytes;
}

/// A request as bytes.
[[nodiscard]] inline std::string make_request(std::string_view method, std::string_view target,
                                              const std::vector<std::string>& headers = {},
                                              std::string_view body = {}) {
    std::string text = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& line : headers) text += line + "\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text.append("\r\n").append(body);
}
[[nodiscard]] inline std::string make_get(std::string_view target, const std::vector<std::string>& headers = {}) {
    return make_request("GET", target, headers);
}

/// A client that only sends and receives bytes.
struct raw_client {
    explicit raw_client(roompp::server& server)
        : link(roompp::testing::simulation::find_or_start(server)->connect(1, 64 * 1024)) {
        link->on_receive = [this](std::string_view bytes, bool last) {
            received += bytes;
            ended = ended || last;
        };
    }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;
    ~raw_client() {
        link->on_receive = nullptr;
        link->vanish();
    }

    void send(std::string_view bytes) const { link->send(bytes); }
    /// Closes its half of the connection.
    void end_sending() const { link->send_fin(); }

    std::shared_ptr<roompp::testing::memory_link> link;
    std::string received;
    bool ended = false;
};

/// A server of pages, in a folder of its own.
struct http_site {
    explicit http_site(std::uint64_t seed = 0, const roompp::limits& limits = {}) : world(set_up(limits), seed) {}

    temporary_folder folder;  // with the front page; `static` in it is served as it is
    roompp::server server;
    roompp::testing::world world;

private:
    roompp::server& set_up(const roompp::limits& limits) {
        folder.write("index.html", "<!doctype html><title>Front</title>");
        folder.write("static/a.txt", "a file");
        folder.write("static/large.bin", large_bytes());
        server.limits(limits).on_error([](const std::exception_ptr&) {});
        server.websocket("/ws/echo/", roompp::echo());
        server.get("/hello/{name}/", [](const roompp::request& request) {
            return "Hello, " + std::string(request.parameter("name")) + "!\n";
        });
        server.get("/throw/", []() -> roompp::response { throw std::runtime_error("a page was told to throw"); });
        server.post("/shout/", [](const roompp::request& request) {
            std::string text(request.body());
            for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            return text;
        });
        server.pages_from(roompp::page_source(folder.path())).page("/", "index.html");
        server.pages("/static/", folder.path() / "static");
        return server;
    }
};

}  // namespace support
