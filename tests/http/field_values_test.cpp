#include <roompp/http/authority.hpp>
#include <roompp/http/field_values.hpp>

#include "support/catch.hpp"

using roompp::detail::is_authority;
using roompp::detail::list_contains;

TEST_CASE("A token is found in a list, whatever its case and the white space around it", "[field_values]") {
    CHECK(list_contains("Upgrade", "upgrade"));
    CHECK(list_contains("keep-alive, Upgrade", "Upgrade"));
    CHECK(list_contains(" ,\tUPGRADE ,", "Upgrade"));
    CHECK_FALSE(list_contains("", "Upgrade"));
    CHECK_FALSE(list_contains("Upgraded", "Upgrade"));
    CHECK_FALSE(list_contains("no-upgrade", "upgrade"));
    CHECK_FALSE(list_contains("up grade", "upgrade"));
}

TEST_CASE("The port of a host is a number up to 65535", "[field_values]") {
    for (const char* const host :
         {"localhost", "localhost:", "localhost:8000", "127.0.0.1:65535", "[::1]", "[::1]:80"}) {
        CAPTURE(host);
        CHECK(is_authority(host));
    }
    for (const char* const host :
         {"localhost:65536", "localhost:999999999999999999999", "localhost:x", "localhost:-1", "a:1:2", "[::1]:x"}) {
        CAPTURE(host);
        CHECK_FALSE(is_authority(host));
    }
}
