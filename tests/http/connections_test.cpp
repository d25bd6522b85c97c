// HTTP connections: many requests on one, in whatever parts they come, and how it ends.

#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/simulation.hpp>

#include "support/catch.hpp"
#include "support/http_site.hpp"

namespace t = roompp::testing;
using site::get;
using site::scene;

TEST_CASE("A connection serves many requests", "[http]") {
    scene some;
    auto browser = some.world.http();
    for (int i = 0; i < 20; ++i) {
        const auto name = 'n' + std::to_string(i);
        const auto answer = browser.get("/hello/" + name + '/');
        CHECK(answer.body == "Hello, " + name + "!\n");
        CHECK(answer.header("Connection") != "close");
        CHECK(browser.is_connected());
    }
}

TEST_CASE("A connection ends when the client wants so", "[http]") {
    scene some;
    for (const auto& text :
         {get("/hello/you/", {"Connection: close"}), std::string("GET /hello/you/ HTTP/1.0\r\nHost: a\r\n\r\n")}) {
        CAPTURE(text);
        auto browser = some.world.http();
        const auto answer = browser.send_bytes(text).reply();
        CHECK(answer.status == 200);
        CHECK(answer.header("Connection") == "close");
        CHECK_FALSE(browser.is_connected());
    }
}

TEST_CASE("Fifty requests sent at once are answered in order", "[http]") {
    t::explore(20, [](std::uint64_t seed) {
        scene some(seed);
        std::string all;
        for (int i = 0; i < 50; ++i) {
            const auto name = 'n' + std::to_string(i);
            all += i % 2 == 1 ? get("/hello/" + name + '/') : site::request("POST", "/shout/", {}, name);
        }
        auto browser = some.world.http();
        browser.send_bytes(all);
        for (int i = 0; i < 50; ++i) {
            const auto number = std::to_string(i);
            REQUIRE(browser.reply().body == (i % 2 == 1 ? "Hello, n" + number + "!\n" : 'N' + number));
        }
    });
}

TEST_CASE("Requests may come one byte at a time", "[http]") {
    scene some;
    auto browser = some.world.http();
    const auto all = get("/hello/you/") + site::request("POST", "/shout/", {}, "hello") + get("/hello/me/");
    for (const char byte : all) {
        browser.send_bytes(std::string_view(&byte, 1));
        some.world.settle();
    }
    CHECK(browser.reply().body == "Hello, you!\n");
    CHECK(browser.reply().body == "HELLO");
    CHECK(browser.reply().body == "Hello, me!\n");
}

TEST_CASE("A large page is whole although the connection ends with it", "[http]") {
    t::explore(10, [](std::uint64_t seed) {
        scene some(seed);
        auto browser = some.world.http();
        browser.send_bytes(get("/static/large.bin", {"Connection: close"})).pause_reading();
        REQUIRE(browser.is_waiting());  // what its buffers do not take waits at the server
        browser.resume_reading();
        REQUIRE((browser.reply().body == site::large()));
        REQUIRE_FALSE(browser.is_connected());
    });
}

TEST_CASE("A client that asks whether to go on is told so", "[http]") {
    scene some;
    std::string came;
    const auto link = t::simulation::find_or_start(some.server)->connect(1, 64 * 1024);
    link->on_receive = [&](std::string_view bytes, bool) { came += bytes; };
    link->send(site::request("POST", "/shout/", {"Content-Length: 5", "Expect: 100-continue"}));
    some.world.settle();
    CHECK(came == "HTTP/1.1 100 Continue\r\n\r\n");  // RFC 9110, section 10.1.1
    came.clear();
    link->send("hello");
    some.world.settle();
    CHECK(came.substr(0, 15) == "HTTP/1.1 200 OK");
    CHECK(came.substr(came.size() - 9) == "\r\n\r\nHELLO");
    link->vanish();
}
