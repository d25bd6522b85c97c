// Rooms over plain HTTP for the pages of other sites: what a browser must be told, or it tells the page nothing.

#include <string>
#include <utility>

#include <roompp/http_rooms.hpp>
#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>
#include <roompp/v1.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;

namespace {

constexpr const char* friendly = "https://friend.example";

struct scene {
    using room = roompp::basic_room<roompp::ring_history<100>>;
    explicit scene(const std::string& allowed = friendly) {
        rooms.on_admit([](room& in, auto&, roompp::join_reply& answer) {
            if (in.name() == "closed") answer.refuse(4001, "nobody may enter");
        });
        server.websocket("/ws/{room}/", rooms, protocol);
        roompp::http_rooms(server, rooms, protocol)
            .origins({allowed})
            .on_connect([](const roompp::request& req, roompp::connect_reply& answer) {
                if (req.query("token") == "bad") answer.refuse(401, "A good token is needed.\n");
            })
            .poll_route("/poll/{room}/")
            .event_route("/events/{room}/")
            .post_route("/send/{room}/");
    }
    roompp::v1_protocol protocol;
    roompp::rooms<room> rooms;
    roompp::server server;
};

const t::http_client::headers from_friend = {{"Origin", friendly}};
const std::string client_query = "client=0123456789abcdef";

void check_allowed(const t::http_reply& answer, int status) {
    CAPTURE(answer.body);
    CHECK(answer.status == status);
    CHECK(answer.header("Access-Control-Allow-Origin") == friendly);
    CHECK(answer.header("Access-Control-Allow-Credentials") == "true");
    CHECK(answer.header("Vary") == "Origin");
}

}  // namespace

TEST_CASE("A browser that asks whether a friend's page may send is told so", "[http_rooms]") {
    scene some;
    t::world world(some.server);
    auto browser = world.http();
    for (const auto& [path, methods] :
         {std::pair{"/send/a/", "POST"}, {"/poll/a/", "GET, HEAD"}, {"/events/a/", "GET, HEAD"}}) {
        CAPTURE(path);
        auto asks = from_friend;
        asks.emplace_back("Access-Control-Request-Method", "POST");
        asks.emplace_back("Access-Control-Request-Headers", "content-type");
        const auto answer = browser.request("OPTIONS", path, {}, asks);
        check_allowed(answer, 204);
        CHECK(answer.header("Access-Control-Allow-Methods") == methods);
        CHECK(answer.header("Access-Control-Allow-Headers").find("Content-Type") != std::string::npos);
        CHECK(answer.header("Allow") == std::string(methods) + ", OPTIONS");
    }
    CHECK(browser.request("OPTIONS", "/send/a/").status == 204);
}

TEST_CASE("A friend's page may read every answer, also of what goes wrong", "[http_rooms]") {
    scene some;
    t::world world(some.server);
    auto browser = world.http();
    const auto post = [&](const std::string& path, const std::string& body) {
        return browser.post(path, body, from_friend);
    };
    const auto get = [&](const std::string& path) { return browser.get(path, from_friend); };
    check_allowed(post("/send/a/", R"({"message":"hi"})"), 200);
    check_allowed(post("/send/a/", "no JSON"), 400);
    check_allowed(post("/send/closed/", R"({"message":"hi"})"), 403);
    check_allowed(post("/send/a/?token=bad", R"({"message":"hi"})"), 401);
    check_allowed(get("/poll/a/?" + client_query), 200);
    check_allowed(get("/poll/a/"), 200);
    check_allowed(get("/poll/a/?wait=x"), 400);
    check_allowed(get("/poll/a/?token=bad"), 401);
    check_allowed(get("/poll/closed/?" + client_query), 403);
    check_allowed(get("/events/a/?token=bad"), 401);
    browser.start("GET", "/poll/a/?after=1&wait=20&" + client_query, {}, from_friend);
    CHECK(browser.is_waiting());
    world.stop();
    check_allowed(browser.reply(), 503);
}

TEST_CASE("An event stream may be read by a friend's page", "[http_rooms]") {
    scene some;
    t::world world(some.server);
    auto browser = world.http();
    browser.start("GET", "/events/a/", {}, from_friend);
    CHECK(browser.status_so_far() == 200);
    world.stop();
    check_allowed(browser.reply(), 200);
}

TEST_CASE("Strangers' pages are refused before anything is done, and told nothing", "[http_rooms]") {
    scene some;
    t::world world(some.server);
    auto browser = world.http();
    const t::http_client::headers stranger = {{"Origin", "https://evil.example"}};
    for (const auto& [method, path] : {std::pair{"OPTIONS", "/send/a/"}, {"POST", "/send/a/"}, {"GET", "/poll/a/"}}) {
        const auto answer = browser.request(method, path, R"({"message":"hi"})", stranger);
        CHECK(answer.status == 403);
        CHECK(answer.header("Access-Control-Allow-Origin").empty());
    }
    CHECK(browser.get("/poll/a/?last=10").body.find(R"("messages":[])") != std::string::npos);
}

TEST_CASE("Where every site may, none may with the user's cookies", "[http_rooms]") {
    scene some("*");
    t::world world(some.server);
    auto browser = world.http();
    for (const char* method : {"OPTIONS", "POST"}) {
        const auto answer =
            browser.request(method, "/send/a/", R"({"message":"hi"})", {{"Origin", "https://any.example"}});
        CHECK(answer.status / 100 == 2);
        CHECK(answer.header("Access-Control-Allow-Origin") == "https://any.example");
        CHECK(answer.header("Access-Control-Allow-Credentials").empty());
    }
}
