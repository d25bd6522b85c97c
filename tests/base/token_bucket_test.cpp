#include <chrono>
#include <cstdint>

#include <roompp/base/rate_limiter.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {
constexpr std::chrono::steady_clock::time_point start(1000s);
}

TEST_CASE("A bucket without a rate lets everything through", "[token_bucket]") {
    roompp::token_bucket bucket;
    for (int i = 0; i < 10'000; ++i) CHECK(bucket.take(UINT64_MAX, 0, 1, start));
}

TEST_CASE("A bucket starts full, and then gives what the rate brings", "[token_bucket]") {
    roompp::token_bucket bucket;
    for (int i = 0; i < 5; ++i) CHECK(bucket.take(1, 2, 5, start));
    CHECK_FALSE(bucket.take(1, 2, 5, start));
    CHECK_FALSE(bucket.take(1, 2, 5, start + 499ms));
    CHECK(bucket.take(1, 2, 5, start + 500ms));
    CHECK_FALSE(bucket.take(1, 2, 5, start + 500ms));
    CHECK(bucket.take(2, 2, 5, start + 1500ms));
}

TEST_CASE("What is not used is kept up to the burst", "[token_bucket]") {
    roompp::token_bucket bucket;
    CHECK(bucket.take(5, 2, 5, start));
    CHECK_FALSE(bucket.take(6, 2, 5, start + 1h));
    CHECK(bucket.take(5, 2, 5, start + 1h));
    CHECK_FALSE(bucket.take(1, 2, 5, start + 1h));
}

TEST_CASE("Looking often does not lose what a slow rate brings", "[token_bucket]") {
    roompp::token_bucket bucket;
    CHECK(bucket.take(1, 1, 1, start));
    auto now = start;
    int taken = 0;
    for (int i = 0; i < 100; ++i)
        if (bucket.take(1, 1, 1, now += 100ms)) ++taken;
    CHECK(taken == 10);
}

TEST_CASE("A clock that stands still or goes back gives nothing", "[token_bucket]") {
    roompp::token_bucket bucket;
    CHECK(bucket.take(1, 1, 1, start));
    CHECK_FALSE(bucket.take(1, 1, 1, start - 10s));
    CHECK_FALSE(bucket.take(1, 1, 1, start));
}
