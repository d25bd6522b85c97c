#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/net/frame_batch.hpp>
#include <roompp/net/frame_header.hpp>

#include "support/catch.hpp"

using roompp::payload_kind;
using roompp::net::frame_batch;
using roompp::net::frame_header;

namespace {

std::string header(std::size_t length) { return std::string(frame_header(payload_kind::text, length).bytes()); }

}  // namespace

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
    const std::size_t begin = all.size();
    all.append("b");
    const std::size_t end = all.size();
    all.append("c");
    frame_batch part;
    part.append("0");
    part.append(all, begin, end);
    part.append(all, begin, begin);
    CHECK(part.bytes() ==
          "\x81\x01"
          "0\x81\x01"
          "b");
}
