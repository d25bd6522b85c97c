#include <string>

#include <roompp/transports/closing_frame.hpp>
#include <roompp/transports/event_stream.hpp>

#include "support/catch.hpp"

using roompp::event_text;

TEST_CASE("An event is its data, its id and its type, and an empty line", "[event_stream]") {
    CHECK(event_text("hi") == "data: hi\n\n");
    CHECK(event_text("") == "data: \n\n");
    CHECK(event_text("hi", "7") == "id: 7\ndata: hi\n\n");
    CHECK(event_text("hi", "7", "close") == "event: close\nid: 7\ndata: hi\n\n");
}

TEST_CASE("Each line of an event's data is a line of its own, whatever ends it", "[event_stream]") {
    CHECK(event_text("a\nb") == "data: a\ndata: b\n\n");
    CHECK(event_text("a\r\nb\rc") == "data: a\ndata: b\ndata: c\n\n");
    CHECK(event_text("\n") == "data: \ndata: \n\n");
    CHECK(event_text("a\n\nid: 9") == "data: a\ndata: \ndata: id: 9\n\n");
}

TEST_CASE("A close code and reason are JSON, whatever the reason is", "[event_stream]") {
    CHECK(roompp::closing_frame({4000, "bye"}) == R"({"type":"error","error":"closed","code":4000,"message":"bye"})");
    CHECK(roompp::closing_frame({1001, "a\"b\\c\nd"}) ==
          R"({"type":"error","error":"closed","code":1001,"message":"a b c d"})");
}
