// The texts of failures.

#include <chrono>
#include <cstddef>
#include <string>

#include <roompp/roompp.hpp>
#include <roompp/testing.hpp>

#include "support/catch.hpp"
#include "support/failure_story.hpp"

namespace t = roompp::testing;
using namespace std::chrono_literals;
using support::says;
using support::story_of;

TEST_CASE("A failure shows the expectation, the message and the conversation", "[testing]") {
    t::world world(roompp::echo());
    auto ann = world.client("/").named("Ann").connect();
    world.advance(12s);
    ann.send("hello");
    const auto story = story_of([&] { ann.expect("goodbye"); });
    CHECK(says(story, "Ann expected \"goodbye\", but \"hello\" came"));
    CHECK(says(story, "12s after the start, seed 0"));
    CHECK(says(story, "0s -> GET /"));
    CHECK(says(story, "0s <- HTTP 101"));
    CHECK(says(story, "12s -> text \"hello\""));
    CHECK(says(story, "12s <- text \"hello\""));

    ann.expect("hello");  // a message that was not expected is still there
    CHECK(says(story_of([&] { (void)ann.receive(); }), "Ann expected a text message, but nothing came"));
    CHECK(says(story_of([&] { (void)ann.closed(); }), "Ann expected the connection to be closed"));
    ann.send("news");
    CHECK(says(story_of([&] { ann.receive_nothing(); }), "Ann expected nothing, but \"news\" came"));
    ann.send_binary("b");
    ann.expect("news");
    CHECK(says(story_of([&] { (void)ann.receive(); }), "expected a text message, but one of the other kind came"));
    CHECK(says(story_of([&] { world.client("/").send("early"); }), "call connect() first"));
}

TEST_CASE("A failure shows where long texts differ", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    const std::string same(1000, 'x');
    client.send(same + "hay and much more");
    auto story = story_of([&] { client.expect(same + "stack"); });
    CHECK(says(story,
               "(1017 bytes) came; they differ from byte 1000 on, where ...\"xxxxxxxxxxxxxxxxxxxxstack\" was "
               "expected, and ...\"xxxxxxxxxxxxxxxxxxxxhay and much more\" came"));
    story = story_of([&] { client.expect(same); });  // it is still there
    CHECK(says(story, "they differ from byte 1000 on, where ...\"xxxxxxxxxxxxxxxxxxxx\" was"));
    CHECK_FALSE(says(story_of([&] { client.expect("short"); }), "differ"));
    client.expect(same + "hay and much more").receive_nothing();
}

TEST_CASE("Invalid UTF-8 is shown as bytes, and characters are not cut in two", "[testing]") {
    CHECK(t::readable("caf\u00e9 \u20ac \U0001f600") == "\"caf\u00e9 \u20ac \U0001f600\"");
    CHECK(t::readable("\xff\xc3(\xe2\x82\x00\x80\xed\xa0\x80") == "\"\\xff\\xc3(\\xe2\\x82\"");
    CHECK(t::readable(std::string("\xed\xa0\x80\0", 4)) == R"("\xed\xa0\x80\x00")");
    CHECK(t::readable("a\nb\"c\\\x7f\xc3") == R"("a\nb\"c\\\x7f\xc3")");
    for (std::size_t before = 195; before < 202; ++before) {
        const auto text = t::readable(std::string(before, 'x') + "\u20ac\u20ac\u20ac\u20ac");
        CHECK(text.find("\\x") == std::string::npos);
        CHECK(says(text, " bytes)"));
    }
    CHECK(t::readable(std::string(300, '\x80')).size() > 800);
}

TEST_CASE("A failure shows the last frames and counts those before", "[testing]") {
    t::world world(roompp::echo());
    auto client = world.connect("/");
    for (int i = 0; i < 50; ++i) client.send(std::to_string(i)).expect(std::to_string(i));
    client.send(std::string(1000, 'x'));
    const auto story = story_of([&] { client.expect("y"); });
    CHECK(says(story, " before\n"));
    CHECK_FALSE(says(story, "\"3\""));
    CHECK(says(story, "\"49\""));
    CHECK(story.size() < 5000);
}
