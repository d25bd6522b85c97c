#pragma once
// The target of a request in its forms, split into authority, path and query.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/http/authority.hpp>
#include <roompp/http/field_values.hpp>
#include <roompp/http/parse_outcome.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The forms of a request target that a server that is no proxy answers (RFC 9112, section 3.2).
enum class target_form : unsigned char {
    origin,    ///< /path?query
    absolute,  ///< http://authority/path?query
    asterisk   ///< *, for OPTIONS of the server as a whole
};

/// A request target. The views lie in the text that it was made from, but for an empty path, which is "/" (RFC 9110,
/// section 4.2.3). Nothing is decoded.
struct request_target {
    target_form form = target_form::origin;
    std::string_view authority;  ///< host[:port] of the absolute form, else empty
    std::string_view path;       ///< begins with '/', or is "*"
    std::string_view query;      ///< without the '?'
};

/// Splits a target of at least one byte, each of class target_char.
/// @returns the error, if it is none that can be answered: 400, or 501 for CONNECT.
[[nodiscard]] inline std::optional<parse_error> parse_target(std::string_view method, std::string_view text,
                                                             request_target& target) {
    constexpr std::string_view root = "/";
    target = {};
    if (method == "CONNECT") {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos || colon + 1 == text.size() || !is_authority(text))
            return parse_error{400, "The target " + quote(text) + " of CONNECT is not of the form 'host:port'."};
        return parse_error{501, "CONNECT is not implemented: this server is not a proxy."};
    }
    if (text == "*") {
        if (method != "OPTIONS")
            return parse_error{400, "The target '*' is only for OPTIONS; expected a path such as '/'."};
        target.form = target_form::asterisk;
        target.path = text;
        return std::nullopt;
    }
    std::string_view rest = text;
    if (text.front() != '/') {
        constexpr std::string_view http = "http://";
        constexpr std::string_view https = "https://";
        const std::string_view scheme = same_token(text.substr(0, http.size()), http)     ? http
                                        : same_token(text.substr(0, https.size()), https) ? https
                                                                                          : "";
        if (scheme.empty())
            return parse_error{
                400, "The target " + quote(text) + " is neither a path that begins with '/' nor an http or https URI."};
        rest.remove_prefix(scheme.size());
        target.form = target_form::absolute;
        target.authority = rest.substr(0, rest.find_first_of("/?"));
        if (!is_authority(target.authority))
            return parse_error{400, "The authority " + quote(target.authority) +
                                        " of the target is not of the form 'host' or 'host:port'."};
        rest.remove_prefix(target.authority.size());
    }
    target.path = rest.substr(0, rest.find('?'));
    rest.remove_prefix((std::min)(rest.size(), target.path.size() + 1));
    target.query = rest;
    if (target.path.empty()) target.path = root;
    return std::nullopt;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
