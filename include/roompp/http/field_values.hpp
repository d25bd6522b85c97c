#pragma once
// Reading field values: comparison, white space, lists of tokens.

#include <cstddef>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Whether two field names or other tokens are equal but for the case of US-ASCII letters (RFC 9110, section 5.1).
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    return true;
}

/// A value without the spaces and tabs around it (RFC 9110, section 5.6.3).
[[nodiscard]] constexpr std::string_view trim_whitespace(std::string_view value) noexcept {
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    return value;
}

/// Calls `visit(std::string_view)` for each element of a comma-separated list, trimmed. Empty elements are skipped
/// (RFC 9110, section 5.6.1.2). Not for lists whose elements may be quoted strings: a comma always separates.
template <class Visitor>
constexpr void for_each_element(std::string_view list, Visitor&& visit) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view element = trim_whitespace(list.substr(0, comma));
        if (!element.empty()) visit(element);
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

/// Whether a list of tokens contains one, such as "upgrade" in "keep-alive, Upgrade". Case does not matter.
[[nodiscard]] constexpr bool list_contains(std::string_view list, std::string_view token) {
    bool contains = false;
    for_each_element(list, [&](std::string_view e) { contains = contains || equals_ignoring_case(e, token); });
    return contains;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
