#pragma once
// Which sites' pages may use a route: cross-origin resource sharing (Fetch, section 3.3).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/response.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Refuses requests of other sites' pages that are not allowed, and adds the headers that the others need: without these, a
/// page can't even see the status of an error. Origins that are named may send the user's cookies; `*` does not allow that.
/// @param allowed origins such as `https://example.org`, or `*` for any.
/// @returns the refusal, with 403; nothing if the request is allowed.
[[nodiscard]] std::optional<response> check_origin(const request& req, const std::vector<std::string>& allowed,
                                                   header_list& headers);

/// The response to an OPTIONS request by which a browser asks before another site's page sends something (Fetch, section
/// 4.8).
/// @param methods that the path takes, such as "GET, HEAD".
/// @param headers that the page may set, such as "Content-Type".
[[nodiscard]] response preflight_response(const request& req, const std::vector<std::string>& allowed,
                                          std::string_view methods, std::string_view headers);

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/cors.ipp>
#endif
