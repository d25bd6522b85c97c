#pragma once
// Definitions of <roompp/base/shown_text.hpp>.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/base/shown_text.hpp>
#include <roompp/base/utf8_text.hpp>
#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

struct code_point_range {
    std::uint32_t first;
    std::uint32_t last;
};

template <std::size_t Count>
[[nodiscard]] constexpr bool is_in(const code_point_range (&ranges)[Count], std::uint32_t code_point) noexcept {
    for (const auto& range : ranges)
        if (code_point >= range.first && code_point <= range.last) return true;
    return false;
}

// What a name may not have anywhere.
[[nodiscard]] ROOMPP_DECL bool harms_neighbours(std::uint32_t code_point) noexcept {
    constexpr code_point_range harmful[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x2028, 0x202e},
                                            {0x2066, 0x206f}, {0xfdd0, 0xfdef}, {0xfff9, 0xfffb}};
    return is_in(harmful, code_point) || (code_point & 0xfffeU) == 0xfffeU;
}

// What shows nothing by itself: spaces, fillers, joiners, marks of direction, selectors of variants, tags.
[[nodiscard]] ROOMPP_DECL bool is_invisible(std::uint32_t code_point) noexcept {
    constexpr code_point_range invisible[] = {
        {0x20, 0x20},     {0xa0, 0xa0},       {0xad, 0xad},      {0x34f, 0x34f},   {0x61c, 0x61c},   {0x115f, 0x1160},
        {0x1680, 0x1680}, {0x17b4, 0x17b5},   {0x180b, 0x180f},  {0x2000, 0x200f}, {0x202f, 0x202f}, {0x205f, 0x2065},
        {0x2800, 0x2800}, {0x3000, 0x3000},   {0x3164, 0x3164},  {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
        {0xfff0, 0xfff8}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};
    return is_in(invisible, code_point);
}

// The marks that are drawn over, under or around the character before, and can be stacked on any.
[[nodiscard]] ROOMPP_DECL bool is_combining_mark(std::uint32_t code_point) noexcept {
    constexpr code_point_range marks[] = {
        {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x5bf, 0x5bf},   {0x5c1, 0x5c2},     {0x5c4, 0x5c5},
        {0x610, 0x61a},   {0x64b, 0x65f},   {0x670, 0x670},   {0x6d6, 0x6dc},   {0x6df, 0x6e4},     {0x6e7, 0x6e8},
        {0x6ea, 0x6ed},   {0x711, 0x711},   {0x730, 0x74a},   {0x7eb, 0x7f3},   {0x816, 0x819},     {0x898, 0x89f},
        {0x8ca, 0x8e1},   {0x8e3, 0x8ff},   {0xe31, 0xe31},   {0xe34, 0xe3a},   {0xe47, 0xe4e},     {0xeb1, 0xeb1},
        {0xeb4, 0xebc},   {0xec8, 0xece},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20f0},   {0x302a, 0x302f},
        {0x3099, 0x309a}, {0xa66f, 0xa672}, {0xa8e0, 0xa8f1}, {0xfe20, 0xfe2f}, {0x1d165, 0x1d169}, {0x1d242, 0x1d244}};
    return is_in(marks, code_point);
}

// Of a text that is UTF-8; removes it from the text.
[[nodiscard]] ROOMPP_DECL std::uint32_t take_code_point(std::string_view& text) noexcept {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    std::uint32_t code_point = size == 1 ? first : first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i)
        code_point = code_point << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
    text.remove_prefix(size);
    return code_point;
}

inline constexpr std::size_t max_marks_in_a_row = 4;

}  // namespace detail

ROOMPP_DECL bool is_shown_text(std::string_view text, std::size_t max_characters) noexcept {
    constexpr std::size_t max_bytes_of_character = 4;
    if (text.size() / max_bytes_of_character > max_characters || !detail::is_utf8(text)) return false;
    bool shows_something = false;
    std::size_t characters = 0;
    std::size_t marks = 0;
    while (!text.empty()) {
        const std::uint32_t code_point = detail::take_code_point(text);
        if (++characters > max_characters || detail::harms_neighbours(code_point)) return false;
        const bool is_mark = detail::is_combining_mark(code_point);
        marks = is_mark ? marks + 1 : 0;
        if (marks > detail::max_marks_in_a_row) return false;
        if (!is_mark && !detail::is_invisible(code_point)) shows_something = true;
    }
    return shows_something;
}

ROOMPP_DECL std::string shown_text(std::string_view text) {
    if (text.empty() || is_shown_text(text, text.size())) return std::string(text);
    constexpr std::string_view replacement = "\uFFFD";
    const std::string repaired = detail::repair_utf8(text);
    std::string shown;
    std::size_t marks = 0;
    for (std::string_view rest = repaired; !rest.empty();) {
        const std::string_view before = rest;
        const std::uint32_t code_point = detail::take_code_point(rest);
        marks = detail::is_combining_mark(code_point) ? marks + 1 : 0;
        if (marks <= detail::max_marks_in_a_row)
            shown.append(detail::harms_neighbours(code_point) ? replacement
                                                              : before.substr(0, before.size() - rest.size()));
    }
    return is_shown_text(shown, shown.size()) ? shown : std::string(replacement);
}

ROOMPP_NAMESPACE_END
