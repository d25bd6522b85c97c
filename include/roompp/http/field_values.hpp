#pragma once
// Reading field values: lists of tokens.

#include <cstddef>
#include <string_view>

#include <roompp/base/text.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Calls `visit(std::string_view)` for each element of a comma-separated list, trimmed. Empty elements are skipped
/// (RFC 9110, section 5.6.1.2). Not for lists whose elements may be quoted strings: a comma always separates.
template <class Visitor>
constexpr void for_each_element(std::string_view list, Visitor&& visit) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view element = trim(list.substr(0, comma));
        if (!element.empty()) visit(element);
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

/// Whether a list of tokens contains one, such as "upgrade" in "keep-alive, Upgrade". Case does not matter.
[[nodiscard]] constexpr bool list_contains(std::string_view list, std::string_view token) {
    bool contains = false;
    for_each_element(list, [&](std::string_view e) { contains = contains || same_token(e, token); });
    return contains;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
