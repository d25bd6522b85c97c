#pragma once
// Small functions on text: hexadecimal and whole numbers, and the words of HTTP headers.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A number in lower-case hexadecimal digits, at least `min_digits` of them, without a prefix.
[[nodiscard]] std::string to_hex(std::uint64_t number, std::size_t min_digits = 1);

/// Bytes in lower-case hexadecimal digits, two for each byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// The value of a hexadecimal digit of either case; -1 if it is none.
[[nodiscard]] constexpr int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

/// The number that a text of 1 to 18 decimal digits, and nothing else, stands for.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text) noexcept;

/// Appends a header's name or value without line breaks, which would start a header of their own (RFC 9112, section 5).
void append_header_text(std::string& bytes, std::string_view text);

/// A text without the spaces and tabs around it (RFC 9110, section 5.6.3).
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Whether two field names, or other tokens, are equal but for the case of US-ASCII letters (RFC 9110, section 5.1).
[[nodiscard]] constexpr bool same_token(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    return true;
}

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/text.ipp>
#endif
