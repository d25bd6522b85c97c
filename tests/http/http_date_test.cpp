#include <chrono>
#include <cstdint>

#include <roompp/http/http_date.hpp>

#include "support/catch.hpp"

using roompp::detail::http_date;
using time_point = std::chrono::system_clock::time_point;

namespace {

time_point at(std::int64_t seconds) { return time_point(std::chrono::seconds(seconds)); }

}  // namespace

TEST_CASE("A time is written as an IMF-fixdate", "[http_date]") {
    CHECK(http_date(at(784'111'777)) == "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110, section 5.6.7
    CHECK(http_date(at(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http_date(at(-1)) == "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK(http_date(at(951'782'400)) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(http_date(at(951'868'799)) == "Tue, 29 Feb 2000 23:59:59 GMT");
    CHECK(http_date(at(951'868'800)) == "Wed, 01 Mar 2000 00:00:00 GMT");
    CHECK(http_date(at(1'893'499'200)) == "Tue, 01 Jan 2030 12:00:00 GMT");
    CHECK(http_date(at(4'107'542'400)) == "Mon, 01 Mar 2100 00:00:00 GMT");  // 2100 is no leap year
}

TEST_CASE("The cached date follows the seconds, forwards and backwards", "[http_date]") {
    roompp::detail::http_date_cache cache;
    CHECK(cache.at(at(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(cache.at(at(0) + std::chrono::milliseconds(999)) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(cache.at(at(1)) == "Thu, 01 Jan 1970 00:00:01 GMT");
    CHECK(cache.at(at(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
}
