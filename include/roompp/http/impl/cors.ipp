#pragma once
// Definitions of <roompp/http/cors.hpp>.

#include <algorithm>
#include <cstddef>

#include <roompp/http/cors.hpp>
#include <roompp/http/field_values.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL bool allows_origin(const request& request, const std::vector<std::string>& allowed) {
    const std::string_view origin = request.header("Origin");
    if (origin.empty()) return true;
    const std::size_t separator = origin.find("://");
    if (separator != std::string_view::npos && same_token(origin.substr(separator + 3), request.host()) &&
        (!request.is_secure() || same_token(origin.substr(0, separator), "https")))
        return true;
    return names_origin(allowed, "*") || names_origin(allowed, origin);
}

ROOMPP_DECL bool names_origin(const std::vector<std::string>& allowed, std::string_view origin) {
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const std::string& entry) { return same_token(entry, origin); });
}

ROOMPP_DECL std::optional<response> check_origin(const request& request, const std::vector<std::string>& allowed,
                                                 header_list& headers) {
    const std::string& origin = request.header("Origin");
    if (!allows_origin(request, allowed)) return response(403, "Pages of " + origin + " may not use this.\n");
    // A page's plain GET has no Origin.
    const std::string& site = request.header("Sec-Fetch-Site");
    if (origin.empty() && (site == "cross-site" || site == "same-site") && !names_origin(allowed, "*"))
        return response(403, "Pages of other sites may not use this.\n");
    headers.emplace_back("Cache-Control", "no-store");
    if (origin.empty()) return std::nullopt;
    headers.emplace_back("Access-Control-Allow-Origin", origin);
    headers.emplace_back("Vary", "Origin");
    if (names_origin(allowed, origin)) headers.emplace_back("Access-Control-Allow-Credentials", "true");
    return std::nullopt;
}

ROOMPP_DECL response preflight_response(const request& request, const std::vector<std::string>& allowed,
                                        std::string_view methods, std::string_view headers) {
    response reply(204, {});
    if (auto refusal = check_origin(request, allowed, reply.headers)) return *refusal;
    reply.headers.emplace_back("Allow", std::string(methods) + ", OPTIONS");
    reply.headers.emplace_back("Access-Control-Allow-Methods", methods);
    reply.headers.emplace_back("Access-Control-Allow-Headers", headers);
    reply.headers.emplace_back("Access-Control-Max-Age", "7200");
    return reply;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
