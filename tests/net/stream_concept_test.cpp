#include <roompp/net/stream_concept.hpp>
#include <roompp/net/tcp_stream.hpp>
#include <roompp/testing/memory_stream.hpp>

#include "support/catch.hpp"

using roompp::net::stream_concept;
using roompp::net::tcp_stream;
using roompp::testing::memory_stream;

TEST_CASE("The library's streams meet their concept", "[stream_concept]") {
    CHECK(stream_concept<tcp_stream>::conforms());
    CHECK(stream_concept<memory_stream>::conforms());
}

TEST_CASE("Only sockets of the system can be written to by a fan_out_writer", "[stream_concept]") {
    CHECK(stream_concept<tcp_stream>::has_native_handle);
    CHECK_FALSE(stream_concept<memory_stream>::has_native_handle);
}

TEST_CASE("Only sockets of the system receive into a buffer that is given to them beforehand", "[stream_concept]") {
    CHECK(stream_concept<tcp_stream>::has_receive);
    CHECK_FALSE(stream_concept<memory_stream>::has_receive);
}
