#pragma once
// Definitions of <roompp/transports/cors.hpp>.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/response.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/transports/cors.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// Whether an origin is allowed by its name; `*` names none.
[[nodiscard]] ROOMPP_DECL bool is_origin_named(const std::vector<std::string>& allowed, std::string_view origin) {
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const std::string& entry) { return same_token(entry, origin); });
}

ROOMPP_DECL std::optional<response> check_origin(const request& req, const std::vector<std::string>& allowed,
                                                 header_list& headers) {
    const std::string& origin = req.header("Origin");
    if (!allows_origin(req, allowed)) return response(403, "Pages of " + origin + " may not use this.\n");
    // A page's plain GET has no Origin.
    const std::string& site = req.header("Sec-Fetch-Site");
    if (origin.empty() && (site == "cross-site" || site == "same-site") && !is_origin_named(allowed, "*"))
        return response(403, "Pages of other sites may not use this.\n");
    headers.emplace_back("Cache-Control", "no-store");
    if (origin.empty()) return std::nullopt;
    headers.emplace_back("Access-Control-Allow-Origin", origin);
    headers.emplace_back("Vary", "Origin");
    if (is_origin_named(allowed, origin)) headers.emplace_back("Access-Control-Allow-Credentials", "true");
    return std::nullopt;
}

ROOMPP_DECL response preflight_response(const request& req, const std::vector<std::string>& allowed,
                                        std::string_view methods, std::string_view headers) {
    response reply(204, {});
    if (auto refusal = check_origin(req, allowed, reply.headers)) return *refusal;
    reply.headers.emplace_back("Allow", std::string(methods) + ", OPTIONS");
    reply.headers.emplace_back("Access-Control-Allow-Methods", methods);
    reply.headers.emplace_back("Access-Control-Allow-Headers", headers);
    reply.headers.emplace_back("Access-Control-Max-Age", "7200");
    return reply;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
