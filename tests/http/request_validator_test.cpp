#include <roompp/http/request_validator.hpp>

#include "support/catch.hpp"

using roompp::detail::has_possible_port;
using roompp::detail::has_token;

TEST_CASE("A token is found in a list, whatever its case and the white space around it", "[request_head]") {
    CHECK(has_token("Upgrade", "upgrade"));
    CHECK(has_token("keep-alive, Upgrade", "Upgrade"));
    CHECK(has_token(" ,\tUPGRADE ,", "Upgrade"));
    CHECK_FALSE(has_token("", "Upgrade"));
    CHECK_FALSE(has_token("Upgraded", "Upgrade"));
    CHECK_FALSE(has_token("no-upgrade", "upgrade"));
    CHECK_FALSE(has_token("up grade", "upgrade"));
}

TEST_CASE("The port of a host is one that can be", "[request_head]") {
    for (const char* const host :
         {"", "localhost", "localhost:", "localhost:8000", "127.0.0.1:65535", "[::1]", "[::1]:80"}) {
        CAPTURE(host);
        CHECK(has_possible_port(host));
    }
    for (const char* const host :
         {"localhost:65536", "localhost:999999999999999999999", "localhost:x", "localhost:-1", "a:1:2", "[::1]:x"}) {
        CAPTURE(host);
        CHECK_FALSE(has_possible_port(host));
    }
}
