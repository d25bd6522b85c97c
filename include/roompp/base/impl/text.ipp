#pragma once
// Small functions on text.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include <roompp/base/text.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

ROOMPP_DECL std::string to_hex(std::uint64_t number, std::size_t min_digits) {
    std::string text;
    for (; number != 0 || text.size() < min_digits; number >>= 4U) text.push_back(hex_digits[number & 0xfU]);
    std::reverse(text.begin(), text.end());
    return text;
}

ROOMPP_DECL std::string to_hex(std::string_view bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text.push_back(hex_digits[byte >> 4U]);
        text.push_back(hex_digits[byte & 0xfU]);
    }
    return text;
}

ROOMPP_DECL std::optional<std::uint64_t> whole_number(std::string_view text) noexcept {
    constexpr std::size_t max_digits = 18;  // always fits into 64 bits
    if (text.empty() || text.size() > max_digits) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number;
}

ROOMPP_DECL void append_header_text(std::string& bytes, std::string_view text) {
    std::copy_if(text.begin(), text.end(), std::back_inserter(bytes), [](char c) { return c != '\r' && c != '\n'; });
}

}  // namespace detail
ROOMPP_NAMESPACE_END
