#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/net/frame_header.hpp>

#include "support/catch.hpp"

using roompp::payload_kind;
using roompp::net::encoded_frame;
using roompp::net::frame_header;
using roompp::net::opcode;

namespace {

std::string header(std::size_t length) { return std::string(frame_header(payload_kind::text, length).bytes()); }

}  // namespace

TEST_CASE("A frame's header is as short as its length allows", "[frame_header]") {
    CHECK(header(0) == std::string("\x81\x00", 2));
    CHECK(header(1) == "\x81\x01");
    CHECK(header(125) == "\x81\x7d");
    CHECK(header(126) == std::string("\x81\x7e\x00\x7e", 4));
    CHECK(header(127) == std::string("\x81\x7e\x00\x7f", 4));
    CHECK(header(65535) == "\x81\x7e\xff\xff");
    CHECK(header(65536) == std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
    CHECK(header(0x123456789) == std::string("\x81\x7f\x00\x00\x00\x01\x23\x45\x67\x89", 10));
}

TEST_CASE("Binary frames have an opcode of their own", "[frame_header]") {
    CHECK(frame_header(payload_kind::binary, 3).bytes() == "\x82\x03");
}

TEST_CASE("Control frames have their opcodes", "[frame_header]") {
    CHECK(frame_header(opcode::close, 2).bytes() == "\x88\x02");
    CHECK(frame_header(opcode::ping, 125).bytes() == "\x89\x7d");
    CHECK(frame_header(opcode::pong, 0).bytes() == std::string_view("\x8a\x00", 2));
}

TEST_CASE("A compressed message has the first reserved bit", "[frame_header]") {
    CHECK(frame_header(opcode::text, 5, true).bytes() == "\xc1\x05");
    CHECK(frame_header(opcode::binary, 300, true).bytes() == "\xc2\x7e\x01\x2c");
}

TEST_CASE("A header can be encoded at compile time", "[frame_header]") {
    constexpr frame_header hello(payload_kind::text, 5);
    static_assert(hello.bytes() == "\x81\x05");
    SUCCEED();
}

TEST_CASE("The first of several encoded frames is found again, whatever its length", "[frame_header]") {
    for (const std::size_t length : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70'000U}) {
        CAPTURE(length);
        const std::string body(length, 'x');
        const std::string whole = std::string(frame_header(opcode::binary, length, true).bytes()) + body;
        const std::string frames = whole + header(1) + 'y';
        const auto first = encoded_frame::parse_first(frames);
        CHECK(first.kind == opcode::binary);
        CHECK(first.compressed);
        CHECK((first.bytes == whole));
        CHECK((first.body == body));
        const auto second = encoded_frame::parse_first(std::string_view(frames).substr(first.bytes.size()));
        CHECK(second.kind == opcode::text);
        CHECK_FALSE(second.compressed);
        CHECK(second.body == "y");
    }
}
