#include <chrono>
#include <cstddef>
#include <string>

#include <roompp/base/limits.hpp>
#include <roompp/base/rate_limiter.hpp>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using roompp::detail::address_rate_limiter;

namespace {

constexpr std::chrono::steady_clock::time_point start(1000s);

roompp::limits one_message_a_second() {
    roompp::limits limits;
    limits.messages_per_second = 1;
    limits.bytes_per_second = 0;
    return limits;
}

void fill(address_rate_limiter& addresses, std::chrono::steady_clock::time_point now) {
    for (std::size_t i = 0; i < address_rate_limiter::max_addresses; ++i)
        (void)addresses.allow("address " + std::to_string(i), 1, one_message_a_second(), now);
}

}  // namespace

TEST_CASE("Each address has a rate of its own", "[rate_limiter]") {
    const auto limits = one_message_a_second();
    address_rate_limiter addresses;
    CHECK(addresses.allow("192.0.2.1", 1, limits, start));
    CHECK_FALSE(addresses.allow("192.0.2.1", 1, limits, start));
    CHECK(addresses.allow("192.0.2.2", 1, limits, start));
    CHECK_FALSE(addresses.allow("192.0.2.2", 1, limits, start));
    CHECK(addresses.allow("192.0.2.1", 1, limits, start + 1s));
}

TEST_CASE("Addresses beyond the bound share one rate", "[rate_limiter]") {
    const auto limits = one_message_a_second();
    address_rate_limiter addresses;
    fill(addresses, start);
    CHECK(addresses.allow("192.0.2.1", 1, limits, start));
    CHECK_FALSE(addresses.allow("192.0.2.2", 1, limits, start));
}

TEST_CASE("Addresses that were unused for long enough make room for others", "[rate_limiter]") {
    const auto limits = one_message_a_second();
    address_rate_limiter addresses;
    fill(addresses, start);
    const auto refilled = start + roompp::detail::rate_limiter::refill_time(limits);
    CHECK(addresses.allow("192.0.2.1", 1, limits, refilled));
    CHECK(addresses.allow("192.0.2.2", 1, limits, refilled));
    CHECK_FALSE(addresses.allow("192.0.2.1", 1, limits, refilled));
}

TEST_CASE("Without rates no address is limited", "[rate_limiter]") {
    roompp::limits limits;
    limits.messages_per_second = 0;
    limits.bytes_per_second = 0;
    address_rate_limiter addresses;
    for (int i = 0; i < 1000; ++i) CHECK(addresses.allow("192.0.2.1", SIZE_MAX, limits, start));
}
