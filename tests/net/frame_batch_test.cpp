#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/net/frame_batch.hpp>

#include "support/catch.hpp"

using roompp::payload_kind;
using roompp::net::frame_batch;
using roompp::net::frame_header;

namespace {

std::string header(std::size_t length) { return std::string(frame_header(payload_kind::text, length).bytes()); }

}  // namespace

TEST_CASE("A frame's header is as short as its length allows", "[frame_batch]") {
    CHECK(header(0) == std::string("\x81\x00", 2));
    CHECK(header(1) == "\x81\x01");
    CHECK(header(125) == "\x81\x7d");
    CHECK(header(126) == std::string("\x81\x7e\x00\x7e", 4));
    CHECK(header(127) == std::string("\x81\x7e\x00\x7f", 4));
    CHECK(header(65535) == "\x81\x7e\xff\xff");
    CHECK(header(65536) == std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
    CHECK(header(0x123456789) == std::string("\x81\x7f\x00\x00\x00\x01\x23\x45\x67\x89", 10));
}

TEST_CASE("Binary frames have an opcode of their own", "[frame_batch]") {
    CHECK(frame_header(payload_kind::binary, 3).bytes() == "\x82\x03");
}

TEST_CASE("A batch holds whole frames, one after the other", "[frame_batch]") {
    frame_batch batch;
    CHECK(batch.size() == 0);
    batch.append("hi");
    batch.append(roompp::binary("\xff"));
    batch.append("");
    CHECK(batch.bytes() == std::string("\x81\x02hi\x82\x01\xff\x81\x00", 9));
    CHECK(batch.size() == 9);
    batch.clear();
    CHECK(batch.size() == 0);
    CHECK(batch.bytes().empty());
}

TEST_CASE("A long message is in the batch whole", "[frame_batch]") {
    for (const std::size_t length : {125U, 126U, 65535U, 65536U}) {
        CAPTURE(length);
        const std::string text(length, 'x');
        frame_batch batch;
        batch.append(text);
        CHECK(batch.size() == header(length).size() + length);
        CHECK((batch.bytes() == header(length) + text));
    }
}

TEST_CASE("Frames can be taken from another batch", "[frame_batch]") {
    frame_batch all;
    all.append("a");
    const std::size_t from = all.size();
    all.append("b");
    const std::size_t to = all.size();
    all.append("c");
    frame_batch some;
    some.append("0");
    some.append(all, from, to);
    some.append(all, from, from);
    CHECK(some.bytes() ==
          "\x81\x01"
          "0\x81\x01"
          "b");
}
