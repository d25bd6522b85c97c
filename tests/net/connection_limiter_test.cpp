#include <memory>
#include <vector>

#include <roompp/net/connection_limiter.hpp>

#include "support/catch.hpp"

using roompp::net::connection_limiter;

TEST_CASE("An address has a number of slots, whatever others have", "[connection_limiter]") {
    connection_limiter limiter;
    std::vector<std::unique_ptr<connection_limiter::slot>> slots;
    for (int i = 0; i < 3; ++i) {
        slots.push_back(limiter.enter("192.0.2.1", 3));
        CHECK(slots.back());
    }
    CHECK_FALSE(limiter.enter("192.0.2.1", 3));
    CHECK(limiter.enter("192.0.2.2", 3));
    CHECK(limiter.enter("2001:db8::1", 1));
    slots.pop_back();
    CHECK(limiter.enter("192.0.2.1", 3));
    slots.resize(1);
    CHECK_FALSE(limiter.enter("192.0.2.1", 1));  // the last one still counts
}

TEST_CASE("A slot is released once, when it is destroyed", "[connection_limiter]") {
    connection_limiter limiter;
    for (int i = 0; i < 100; ++i) {
        const auto slot = limiter.enter("", 1);
        CHECK(slot);
        CHECK_FALSE(limiter.enter("", 1));
    }
}
