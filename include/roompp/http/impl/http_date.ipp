#pragma once
// Definitions of <roompp/http/http_date.hpp>.

#include <roompp/http/http_date.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// By hand: std::strftime depends on the locale, and std::gmtime is not thread-safe.
ROOMPP_DECL std::string http_date(std::chrono::system_clock::time_point time) {
    constexpr std::string_view day_names = "ThuFriSatSunMonTueWed";  // 1970-01-01 was a Thursday
    constexpr std::string_view month_names = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    constexpr std::int64_t seconds_a_day = 24 * 3600;
    const std::int64_t days = seconds >= 0 ? seconds / seconds_a_day : -((seconds_a_day - 1 - seconds) / seconds_a_day);
    const auto second_of_day = static_cast<std::size_t>(seconds - days * seconds_a_day);
    const auto weekday = static_cast<std::size_t>(((days % 7) + 7) % 7);
    // The date of a day number, with years that begin in March (H. Hinnant, "chrono-Compatible Low-Level Date
    // Algorithms", civil_from_days).
    const std::int64_t shifted = days + 719'468;  // since 0000-03-01
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
    const std::int64_t day_of_era = shifted - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const auto day = static_cast<std::size_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    const auto year = static_cast<std::size_t>(year_of_era + era * 400 + (month_from_march >= 10 ? 1 : 0));

    std::string text;
    text.reserve(29);
    const auto add_digits = [&text](std::size_t number, std::size_t digits) {
        for (std::size_t divisor = digits == 4 ? 1000 : 10; divisor != 0; divisor /= 10)
            text.push_back(static_cast<char>('0' + number / divisor % 10));
    };
    text.append(day_names.substr(weekday * 3, 3)).append(", ");
    add_digits(day, 2);
    text.append(" ").append(month_names.substr(static_cast<std::size_t>(month_from_march) * 3, 3)).append(" ");
    add_digits(year, 4);
    text.append(" ");
    add_digits(second_of_day / 3600, 2);
    text.append(":");
    add_digits(second_of_day / 60 % 60, 2);
    text.append(":");
    add_digits(second_of_day % 60, 2);
    return text.append(" GMT");
}

ROOMPP_DECL std::string_view http_date_cache::at(std::chrono::system_clock::time_point now) {
    const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    if (text_.empty() || second != second_) {
        second_ = second;
        text_ = http_date(now);
    }
    return text_;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
