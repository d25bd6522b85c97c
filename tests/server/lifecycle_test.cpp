// Starting and stopping a server: each step at its time, and once.

#include <functional>
#include <stdexcept>
#include <string>

#include <roompp/roompp.hpp>

#include "support/catch.hpp"

namespace {

std::string problem_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return "no problem";
}

}  // namespace

TEST_CASE("A server that was stopped is not run again, and says so", "[lifecycle]") {
    roompp::server server;
    server.listen(0, "127.0.0.1");
    server.stop();  // before run(), which then returns at once
    server.run();
    for (int i = 0; i < 2; ++i)
        CHECK(problem_of([&] { server.run(); }).find("has run and was stopped: make another one") != std::string::npos);
}

TEST_CASE("A server that does not listen is not run, and says so", "[lifecycle]") {
    roompp::server server;
    CHECK(problem_of([&] { server.run(); }).find("call listen() before run()") != std::string::npos);
    server.listen(0, "127.0.0.1");  // and may be run then
    server.stop();
    server.run();
}

TEST_CASE("Settings come before listen(), and say so", "[lifecycle]") {
    roompp::server server;
    server.listen(0, "127.0.0.1");
    CHECK(problem_of([&] { server.threads(2); }).find("call threads() before listen()") != std::string::npos);
    CHECK(problem_of([&] { server.limits({}); }).find("call limits() before listen()") != std::string::npos);
}
