#pragma once
// Definitions of <roompp/http/cors.hpp>.

#include <algorithm>
#include <cstddef>

#include <roompp/http/cors.hpp>
#include <roompp/http/field_values.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// The authority of a URI of this scheme, without a port that is empty or the default one of the scheme
// (RFC 6454, section 4; RFC 3986, section 3.2.3).
[[nodiscard]] ROOMPP_DECL std::string_view without_default_port(std::string_view scheme,
                                                                std::string_view authority) noexcept {
    const std::string_view port = same_token(scheme, "https") ? ":443" : same_token(scheme, "http") ? ":80" : "";
    const std::size_t colon = authority.rfind(':');
    const std::string_view written = authority.substr((std::min)(colon, authority.size()));
    if (written == ":" || written == port) authority.remove_suffix(written.size());
    return authority;
}

// An origin by its parts: its text may name the default port or not, though a browser's does not.
struct origin_parts {
    explicit origin_parts(std::string_view origin) noexcept {
        const std::size_t separator = origin.find("://");
        if (separator == std::string_view::npos) return;
        scheme = origin.substr(0, separator);
        authority = without_default_port(scheme, origin.substr(separator + 3));
    }
    std::string_view scheme;     // empty if the text is no origin, such as `null`
    std::string_view authority;  // without a default port
};

ROOMPP_DECL bool allows_origin(const request& request, const std::vector<std::string>& allowed) {
    const std::string_view text = request.header("Origin");
    if (text.empty()) return true;
    const origin_parts origin(text);
    // Which port Host leaves out depends on the scheme that the page used: a proxy may have ended the encryption.
    if (!origin.scheme.empty() && same_token(origin.authority, without_default_port(origin.scheme, request.host())) &&
        (!request.is_secure() || same_token(origin.scheme, "https")))
        return true;
    return names_origin(allowed, "*") || names_origin(allowed, text);
}

ROOMPP_DECL bool names_origin(const std::vector<std::string>& allowed, std::string_view origin) {
    const origin_parts parts(origin);
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
        if (parts.scheme.empty()) return same_token(entry, origin);
        const origin_parts expected(entry);
        return same_token(expected.scheme, parts.scheme) && same_token(expected.authority, parts.authority);
    });
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
