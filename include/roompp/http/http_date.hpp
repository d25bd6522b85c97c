#pragma once
// The Date of responses.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A time as an IMF-fixdate, such as "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). For the years 0 to
/// 9999.
[[nodiscard]] std::string http_date(std::chrono::system_clock::time_point time);

/// The date of now, formatted once a second. Used by one thread.
class http_date_cache {
public:
    /// @param now the wall time.
    /// @returns its date, valid until the next call.
    [[nodiscard]] std::string_view at(std::chrono::system_clock::time_point now);

private:
    std::int64_t second_ = 0;
    std::string text_;  // empty before the first call
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/http_date.ipp>
#endif
