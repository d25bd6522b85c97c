#pragma once
// Cookies as a request carries them.

#include <optional>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The value of a cookie in a Cookie field (RFC 6265, section 4.2), as it came; nothing without one of that name. Of
/// several with one name, the first counts.
/// @param field the field's value, such as `session=abc; theme=dark`.
[[nodiscard]] std::optional<std::string> cookie_value(std::string_view field, std::string_view name);

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/cookies.ipp>
#endif
