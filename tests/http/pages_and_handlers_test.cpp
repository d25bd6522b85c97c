// Pages, files and handlers over plain HTTP.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "support/catch.hpp"
#include "support/http_site.hpp"

namespace fs = std::filesystem;
namespace t = roompp::testing;
using support::http_site;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Checks that no bytes follow the last response: the next ones are the response to the next request.
void check_no_more_bytes(t::http_client& browser) {
    REQUIRE_FALSE(browser.is_waiting());
    REQUIRE(browser.is_connected());
    REQUIRE(browser.get("/hello/you/").body == "Hello, you!\n");
}

}  // namespace

TEST_CASE("A page has its content type and security headers", "[http]") {
    http_site site;
    const auto answer = site.world.http().get("/");
    CHECK(answer.version == "HTTP/1.1");
    CHECK(answer.status == 200);
    CHECK(answer.body == "<!doctype html><title>Front</title>");
    CHECK(answer.header("Content-Type") == "text/html; charset=utf-8");
    CHECK(answer.header("X-Content-Type-Options") == "nosniff");
    CHECK(has(answer.header("Content-Security-Policy"), "default-src 'self'"));
    CHECK(has(answer.header("Content-Security-Policy"), "frame-ancestors 'none'"));
    CHECK(answer.header("Referrer-Policy") == "same-origin");
}

TEST_CASE("Files of a folder have their content types", "[http]") {
    http_site site;
    site.folder.write("static/with space.css", "p{}");
    site.folder.write("static/empty.js", "");
    site.folder.write("static/sub/index.html", "sub");
    fs::create_symlink(site.folder.path() / "static/a.txt", site.folder.path() / "static/link-in.txt");
    auto browser = site.world.http();
    const auto comes = [&](const std::string& path, const std::string& type, const std::string& body) {
        CAPTURE(path);
        const auto answer = browser.get("/static/" + path);
        CHECK(answer.status == 200);
        CHECK(answer.header("Content-Type") == type);
        CHECK((answer.body == body));
    };
    comes("a.txt", "text/plain; charset=utf-8", "a file");
    comes("with%20space.css", "text/css; charset=utf-8", "p{}");
    comes("large.bin", "application/octet-stream", support::large_bytes());
    comes("empty.js", "text/javascript; charset=utf-8", "");
    comes("link-in.txt", "text/plain; charset=utf-8", "a file");
    comes("a.txt?v=2", "text/plain; charset=utf-8", "a file");
    comes("sub/", "text/html; charset=utf-8", "sub");
}

TEST_CASE("A handler gets the named part of the path, and the body", "[http]") {
    http_site site;
    auto browser = site.world.http();
    CHECK(browser.get("/hello/J%6fhn/").body == "Hello, John!\n");
    CHECK(browser.post("/shout/", "hello").body == "HELLO");
    const auto answer = browser.post("/shout/", "");
    CHECK(answer.status == 200);
    CHECK(answer.body.empty());
}

TEST_CASE("The absolute form of a target names the same page", "[http]") {
    http_site site;
    for (const char* target :
         {"http://localhost/hello/you/", "HTTP://localhost/hello/you/", "hTTps://LOCALHOST/hello/you/"}) {
        CAPTURE(target);
        CHECK(site.world.http().get(target).body == "Hello, you!\n");
    }
    CHECK(site.world.http().get("http://localhost").body == "<!doctype html><title>Front</title>");
}

TEST_CASE("HEAD gets the head of GET and no body", "[http]") {
    http_site site;
    auto browser = site.world.http();
    for (const char* path : {"/", "/hello/you/", "/static/a.txt", "/nothing/"}) {
        CAPTURE(path);
        const auto whole = browser.get(path);
        const auto head = browser.request("HEAD", path);
        CHECK(head.status == whole.status);
        CHECK(head.headers == whole.headers);
        check_no_more_bytes(browser);
    }
}

TEST_CASE("A request with the entity tag of a page gets 304 until the page changes", "[http]") {
    http_site site;
    auto browser = site.world.http();
    const auto tag = browser.get("/").header("ETag");
    for (const auto& known : std::vector<std::string>{tag, "\"other\", " + tag, "W/" + tag, "*"}) {
        CAPTURE(known);
        const auto answer = browser.get("/", {{"If-None-Match", known}});
        CHECK(answer.status == 304);
        CHECK(answer.header("ETag") == tag);
        check_no_more_bytes(browser);
    }
    site.folder.write("index.html", "changed");
    const auto answer = browser.get("/", {{"If-None-Match", tag}});
    CHECK(answer.status == 200);
    CHECK(answer.body == "changed");
    CHECK(answer.header("ETag") != tag);
}

TEST_CASE("A missing page gets 404", "[http]") {
    http_site site;
    site.folder.write("static/sub/index.html", "sub");
    const auto pipe = (site.folder.path() / "static/pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    auto browser = site.world.http();
    for (const char* path : {"/nothing/", "/hello/", "/hello/you", "/hello//", "/static/nothing", "/static/sub",
                             "/static", "//", "/static/pipe", "/static/"}) {
        CAPTURE(path);
        const auto answer = browser.get(path);
        CHECK(answer.status == 404);
        CHECK(answer.header("X-Content-Type-Options") == "nosniff");
    }
}

TEST_CASE("A method without a handler gets 405, with the allowed methods", "[http]") {
    http_site site;
    auto browser = site.world.http();
    const auto allows = [&](const char* path, const char* method, const std::string& allowed) {
        CAPTURE(path, method);
        const auto answer = browser.request(method, path);
        CHECK(answer.status == 405);
        CHECK(answer.header("Allow") == allowed);
    };
    allows("/", "POST", "GET, HEAD");
    allows("/hello/you/", "DELETE", "GET, HEAD");
    allows("/shout/", "GET", "POST");
    allows("/shout/", "HEAD", "POST");
    allows("/static/a.txt", "PUT", "GET, HEAD");
}

TEST_CASE("A WebSocket address without an upgrade gets 426", "[http]") {
    http_site site;
    const auto answer = site.world.http().get("/ws/echo/");
    CHECK(answer.status == 426);
    CHECK(answer.header("Upgrade") == "websocket");
}

TEST_CASE("A bad name in a path gets 400 and is not repeated", "[http]") {
    http_site site;
    auto browser = site.world.http();
    const std::vector<std::string> names = {"%3Cscript%3E%0A", "%E2%80%AE%3C", "..", std::string(101, '<'), "%zz",
                                            "%FF%3C",          "a%2Fb"};
    for (const auto& name : names) {
        CAPTURE(name);
        const auto answer = browser.get("/hello/" + name + '/');
        CHECK(answer.status == 400);
        CHECK_FALSE(has(answer.body, "<"));
    }
    CHECK(browser.get("/hello/caf%C3%A9%20%3C/").body == "Hello, caf\u00e9 <!\n");
}

TEST_CASE("Names in paths may be narrowed to plain ones", "[http]") {
    roompp::server server;
    roompp::limits limits;
    limits.name_characters = roompp::name_characters::ascii;
    server.limits(limits);
    server.get("/hello/{name}/", [](const roompp::request& request) { return std::string(request.parameter("name")); });
    server.websocket("/ws/{room}/", roompp::echo());
    roompp::testing::world world(server);
    auto browser = world.http();
    for (const char* name : {"%3Cscript%3E", "a%20b", "caf%C3%A9", ".."}) {
        CAPTURE(name);
        CHECK(browser.get(std::string("/hello/") + name + '/').status == 400);
        CHECK(world.client(std::string("/ws/") + name + '/').try_connect().status == 400);
    }
    CHECK(browser.get("/hello/Tea.room_2-b/").body == "Tea.room_2-b");
}

TEST_CASE("A request whose handler throws gets 500, without the reason", "[http]") {
    http_site site;
    auto browser = site.world.http();
    const auto answer = browser.get("/throw/");
    CHECK(answer.status == 500);
    CHECK_FALSE(has(answer.body, "told to throw"));
    CHECK(site.world.http().get("/hello/you/").body == "Hello, you!\n");
}

TEST_CASE("No request reaches files outside of the folder, or hidden ones in it", "[http]") {
    http_site site;
    site.folder.write("secret.txt", support::secret);
    site.folder.write("static/.hidden", support::secret);
    site.folder.write("static/sub/index.html", "sub");
    site.folder.write("static/sub/.git/config", support::secret);
    const auto root = site.folder.path();
    fs::create_symlink(root / "secret.txt", root / "static/link-out.txt");
    fs::create_directory_symlink(root, root / "static/folder-out");
    std::string far_up;
    for (int i = 0; i < 30; ++i) far_up += "../";
    const std::vector<std::string> paths = {"../secret.txt",
                                            "%2e%2e/secret.txt",
                                            "%2E%2E%2Fsecret.txt",
                                            "..%2fsecret.txt",
                                            "..\\secret.txt",
                                            "..%5csecret.txt",
                                            "sub/../../secret.txt",
                                            "sub/%2e%2e/%2e%2e/secret.txt",
                                            "%252e%252e/secret.txt",
                                            ".%2e/secret.txt",
                                            "./../secret.txt",
                                            "....//secret.txt",
                                            "..;/secret.txt",
                                            "..%00/secret.txt",
                                            "a.txt%00",
                                            "%00",
                                            "link-out.txt",
                                            "folder-out/secret.txt",
                                            "folder-out/index.html",
                                            ".hidden",
                                            "%2ehidden",
                                            "sub/.git/config",
                                            "sub/%2egit/config",
                                            "/etc/passwd",
                                            "%2fetc/passwd",
                                            "//etc/passwd",
                                            (root / "secret.txt").string(),
                                            "file://" + (root / "secret.txt").string(),
                                            "C:/secret.txt",
                                            "..%c0%afsecret.txt",
                                            "%",
                                            "%2",
                                            "%zz",
                                            "a.txt%",
                                            far_up + "etc/passwd",
                                            std::string(5000, 'a')};
    for (const auto& path : paths) {
        CAPTURE(path);
        const auto answer = site.world.http().get("/static/" + path);
        CHECK((answer.status == 400 || answer.status == 404));
        CHECK_FALSE(has(answer.body, support::secret));
        CHECK_FALSE(has(answer.body, "root:"));
    }
}
