#include <chrono>
#include <cstdint>

#include <roompp/base/limits.hpp>
#include <roompp/base/rate_limiter.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using roompp::detail::rate_limiter;

namespace {

constexpr std::chrono::steady_clock::time_point start(1000s);

roompp::limits rates(std::uint64_t messages, std::uint64_t bytes) {
    roompp::limits limits;
    limits.messages_per_second = messages;
    limits.bytes_per_second = bytes;
    limits.message_bytes = 100;
    return limits;
}

}  // namespace

TEST_CASE("A client may send as many messages in one burst as in a second, and then at that rate", "[rate_limiter]") {
    const auto limits = rates(2, 0);
    rate_limiter client;
    CHECK(client.allow(1'000'000, limits, start));
    CHECK(client.allow(0, limits, start));
    CHECK_FALSE(client.allow(0, limits, start));
    CHECK(client.allow(0, limits, start + 500ms));
    CHECK_FALSE(client.allow(0, limits, start + 500ms));
}

TEST_CASE("A client's bytes are limited as its messages are", "[rate_limiter]") {
    const auto limits = rates(0, 200);
    rate_limiter client;
    CHECK(client.allow(150, limits, start));
    CHECK_FALSE(client.allow(51, limits, start));
    CHECK(client.allow(50, limits, start));
    CHECK_FALSE(client.allow(1, limits, start));
    CHECK(client.allow(200, limits, start + 1s));
}

TEST_CASE("One largest message is allowed, however low the rate of bytes", "[rate_limiter]") {
    const auto limits = rates(0, 10);
    rate_limiter client;
    CHECK(client.allow(100, limits, start));
    CHECK_FALSE(client.allow(100, limits, start + 9s));
    CHECK(client.allow(100, limits, start + 10s));
}

TEST_CASE("Without rates a client may send anything", "[rate_limiter]") {
    const auto limits = rates(0, 0);
    rate_limiter client;
    for (int i = 0; i < 1000; ++i) CHECK(client.allow(SIZE_MAX, limits, start));
}

TEST_CASE("After the time to refill, an unused limiter is as good as a new one", "[rate_limiter]") {
    for (const auto& limits : {rates(2, 0), rates(0, 200), rates(5, 10), rates(1000, 3)}) {
        rate_limiter client;
        while (client.allow(1, limits, start)) {}
        const auto refilled = start + rate_limiter::refill_time(limits);
        CHECK(client.allow(100, limits, refilled));
    }
    CHECK(rate_limiter::refill_time(rates(0, 1)) == 102s);
    roompp::limits slow = rates(0, 1);
    slow.message_bytes = SIZE_MAX;
    CHECK(rate_limiter::refill_time(slow) == 24h + 2s);
}
