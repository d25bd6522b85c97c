#include <string>
#include <string_view>

#include <roompp/base/sha1.hpp>
#include <roompp/base/text.hpp>

#include "support/catch.hpp"

namespace {

std::string hex_digest(std::string_view bytes) {
    const auto digest = roompp::detail::sha1(bytes);
    return roompp::detail::to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace

TEST_CASE("SHA-1 has the digests of FIPS 180", "[sha1]") {
    CHECK(hex_digest("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(hex_digest("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(hex_digest(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("SHA-1 pads texts of every length around a block", "[sha1]") {
    CHECK(hex_digest(std::string(55, 'x')) == "cef734ba81a024479e09eb5a75b6ddae62e6abf1");
    CHECK(hex_digest(std::string(56, 'x')) == "901305367c259952f4e7af8323f480d59f81335b");
    CHECK(hex_digest(std::string(63, 'x')) == "0ddc4e0cccd9a12850deb5abb0853a4425559fec");
    CHECK(hex_digest(std::string(64, 'x')) == "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163");
    CHECK(hex_digest(std::string(65, 'x')) == "78c741ddc482e4cdf8c474a0876347a0905b6233");
}
