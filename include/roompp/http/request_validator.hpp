#pragma once
// What a request's head must be before it is parsed: websocketpp's parser lets too much pass for a server that may stand
// behind a proxy, where two readings of one request are an attack.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/response.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

[[nodiscard]] inline bool is_token_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

/// Whether a list such as that of Connection has a token (RFC 9110, section 5.6.1).
[[nodiscard]] inline bool has_token(std::string_view list, std::string_view token) noexcept {
    while (!list.empty()) {
        const std::string_view one = list.substr(0, list.find(','));
        list.remove_prefix((std::min)(list.size(), one.size() + 1));
        if (same_token(trim(one), token)) return true;
    }
    return false;
}

/// Whether a Host ends with a port, if it has one, that can be (RFC 9112, section 3.2; RFC 3986, section 3.2.3).
[[nodiscard]] inline bool has_possible_port(std::string_view host) noexcept {
    const std::size_t colon = host.find(':', host.rfind(']') == std::string_view::npos ? 0 : host.rfind(']'));
    if (colon == std::string_view::npos) return true;
    const std::string_view port = host.substr(colon + 1);
    unsigned number = 0;
    for (const char c : port) {
        if (c < '0' || c > '9' || number > 65535) return false;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    return number <= 65535;
}

/// Checks a whole head, the empty line included (RFC 9112, sections 2.2, 3.2, 5.1, 6.1 and 6.3).
/// @returns the answer to one that is not as it must be.
[[nodiscard]] inline std::optional<response> head_problem(std::string_view head) {
    const auto bad = [](const char* why) { return response(400, why); };
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    bool first = true;
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(line.size() + 2);
        if (std::any_of(line.begin(), line.end(),
                        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }))
            return bad("There is a control character in the request's head.\n");
        if (first || line.empty()) {
            first = false;
            continue;
        }
        const std::size_t colon = line.find(':');
        const std::string_view name = line.substr(0, colon);
        if (colon == std::string_view::npos || name.empty() || !std::all_of(name.begin(), name.end(), is_token_char))
            return bad("A header of the request is not of the form 'Name: value'.\n");
        if (same_token(name, "Host") && ++hosts > 1) return bad("The request has more than one Host.\n");
        if (same_token(name, "Transfer-Encoding"))
            return response(501, "A request's body needs a Content-Length here.\n");
        if (same_token(name, "Content-Length")) {
            const std::string_view value = trim(line.substr(colon + 1));
            if (++lengths > 1 || value.empty() || value.size() > 18 ||
                !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }))
                return bad("The request's Content-Length is not one number.\n");
        }
    }
    return std::nullopt;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
