#pragma once
// Which sites' pages may use a route: Origin, and cross-origin resource sharing (Fetch, section 3.3).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/response.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Whether a request may come from the page that sends it: from the server's own, from an allowed one, or from no page.
/// An encrypted request may not come from a page that was not, even of the same host: anybody on the network could have
/// made that page. Of an unencrypted one nothing is known: a proxy may have ended the encryption.
/// @param allowed origins such as `https://example.org`, or `*` for any.
[[nodiscard]] bool allows_origin(const request& request, const std::vector<std::string>& allowed);

/// Whether an origin is among the allowed ones by its name; `*` names none.
[[nodiscard]] bool names_origin(const std::vector<std::string>& allowed, std::string_view origin);

/// Refuses requests of other sites' pages that are not allowed, and adds the headers that the others need: without
/// these, a page can't even see the status of an error. Origins that are named may send the user's cookies; `*` does
/// not allow that.
/// @returns the refusal.
[[nodiscard]] std::optional<response> check_origin(const request& request, const std::vector<std::string>& allowed,
                                                   header_list& headers);

/// The response to an OPTIONS by which a browser asks before another site's page sends something (Fetch, section 4.8).
/// @param methods that the path takes, such as "GET, HEAD".
/// @param headers that the page may set, such as "Content-Type".
[[nodiscard]] response preflight_response(const request& request, const std::vector<std::string>& allowed,
                                          std::string_view methods, std::string_view headers);

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/cors.ipp>
#endif
