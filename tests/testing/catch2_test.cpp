#include <stdexcept>
#include <string>
#include <string_view>

#include <roompp/roompp.hpp>
#include <roompp/testing_catch2.hpp>

#include "support/catch.hpp"

namespace t = roompp::testing;
using t::is_closed_with;
using t::receives;
using t::receives_nothing;

TEST_CASE("Matchers look at what a client has received", "[testing]") {
    roompp::websocket_handler handler;
    handler.on_message([](roompp::connection& conn, std::string_view text) {
        if (text == "close") return conn.close(4001, "bye");
        conn.send(text);
    });
    t::world world(handler);
    auto ann = world.client("/").named("Ann").connect();
    ann.send("hi");
    CHECK_THAT(ann, receives("hi"));
    CHECK_THAT(ann, receives_nothing());
    CHECK_THAT(ann, !receives("anything"));
    ann.send("close");
    CHECK_THAT(ann, is_closed_with(4001));
    CHECK_THAT(ann, !is_closed_with(1000));
}

TEST_CASE("A matcher that does not match takes nothing", "[testing]") {
    t::world world(roompp::echo());
    auto ann = world.connect("/").send("hi").send_binary("b");
    CHECK_THAT(ann, !receives("bye"));
    CHECK_THAT(ann, !receives_nothing());
    CHECK_THAT(ann, receives("hi"));
    CHECK_THAT(ann, !receives("b"));
    CHECK(ann.receive_binary() == "b");
    CHECK_THAT(ann, receives_nothing());
}

TEST_CASE("An exception of a hook is no mismatch", "[testing]") {
    roompp::websocket_handler handler;
    handler.on_message([](std::string_view) { throw std::runtime_error("boom"); });
    t::world world(handler);
    auto ann = world.connect("/").send("x");
    CHECK_THROWS_AS((!receives("x")).match(ann), t::hook_failure);
}

TEST_CASE("A mismatch describes the conversation", "[testing]") {
    t::world world(roompp::echo());
    auto ann = world.client("/").named("Ann").connect();
    const auto matcher = receives("hi");
    CHECK(matcher.describe() == "receives \"hi\"");
    CHECK_FALSE(matcher.match(ann));
    CHECK(matcher.describe().find("Ann expected \"hi\", but nothing came") != std::string::npos);
    CHECK(Catch::StringMaker<t::client>::convert(ann) == "Ann");
}
