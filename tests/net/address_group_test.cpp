#include <roompp/net/address_group.hpp>

#include "support/catch.hpp"

using roompp::net::address_group;

TEST_CASE("An IPv4 address is a peer of its own", "[address_group]") {
    CHECK(address_group("192.0.2.1", 64) == "192.0.2.1");
    CHECK(address_group("192.0.2.1", 0) == "192.0.2.1");
}

TEST_CASE("IPv6 addresses of one network count as one peer", "[address_group]") {
    CHECK(address_group("2001:db8:1:2:3:4:5:6", 64) == "2001:db8:1:2::/64");
    CHECK(address_group("2001:db8:1:2::1", 64) == address_group("2001:db8:1:2:ffff::", 64));
    CHECK(address_group("2001:db8:1:2::1", 64) != address_group("2001:db8:1:3::1", 64));
    CHECK(address_group("2001:db8:1:ff::1", 60) == "2001:db8:1:f0::/60");
    CHECK(address_group("2001:db8::1", 0) == "::/0");
}

TEST_CASE("Single IPv6 addresses count if all bits do", "[address_group]") {
    CHECK(address_group("2001:db8::1", 128) == "2001:db8::1");
    CHECK(address_group("2001:db8::1", 127) == "2001:db8::/127");
}

TEST_CASE("What is no address is a group of its own", "[address_group]") {
    CHECK(address_group("", 64).empty());
    CHECK(address_group("client 1", 64) == "client 1");
}
