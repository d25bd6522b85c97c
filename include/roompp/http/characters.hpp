#pragma once
// Character classes of the grammar of HTTP/1.1 and of URIs, one table look-up each.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Sets of bytes; a byte may be in several.
enum char_class : unsigned char {
    token_char = 1,    ///< of a token, such as a method or a field name (RFC 9110, section 5.6.2)
    control_char = 2,  ///< 0x00 to 0x1f but for HTAB, and 0x7f: never in a field value (RFC 9110, section 5.5)
    target_char = 4,  ///< of a request target. Wider than RFC 3986: browsers send '|', '"' or '{' as they are, and some
                      ///< clients UTF-8. Not a space, a control character or '#'
    reg_name_char = 8,  ///< of a registered name, but for '%' (RFC 3986, section 3.2.2: unreserved and sub-delims)
    digit_char = 16,    ///< 0 to 9
    hex_char = 32       ///< 0 to 9, a to f, A to F
};

[[nodiscard]] constexpr std::array<unsigned char, 256> make_char_classes() noexcept {
    constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";
    constexpr std::string_view reg_name_marks = "-._~!$&'()*+,;=";
    std::array<unsigned char, 256> classes{};
    for (std::size_t i = 0; i < classes.size(); ++i) {
        unsigned set = 0;
        if ((i < 0x20 && i != '\t') || i == 0x7f) set |= control_char;
        if (i > 0x20 && i != 0x7f && i != '#') set |= target_char;
        const bool is_digit = i >= '0' && i <= '9';
        const bool is_hex_letter = (i >= 'a' && i <= 'f') || (i >= 'A' && i <= 'F');
        if (is_digit) set |= digit_char;
        if (is_digit || is_hex_letter) set |= hex_char;
        if (is_digit || (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z')) set |= token_char | reg_name_char;
        for (const char mark : token_marks)
            if (i == static_cast<unsigned char>(mark)) set |= token_char;
        for (const char mark : reg_name_marks)
            if (i == static_cast<unsigned char>(mark)) set |= reg_name_char;
        classes[i] = static_cast<unsigned char>(set);
    }
    return classes;
}

inline constexpr std::array<unsigned char, 256> char_classes = make_char_classes();

/// Whether a byte is in a set.
[[nodiscard]] constexpr bool is_char(char c, char_class set) noexcept {
    return (char_classes[static_cast<unsigned char>(c)] & set) != 0;
}

/// The first byte of [begin, end) that is not in a set, or end.
[[nodiscard]] constexpr const char* skip_chars(const char* begin, const char* end, char_class set) noexcept {
    while (begin != end && is_char(*begin, set)) ++begin;
    return begin;
}

/// Whether all bytes of a text are in a set; an empty text is.
[[nodiscard]] constexpr bool consists_of(std::string_view text, char_class set) noexcept {
    return skip_chars(text.data(), text.data() + text.size(), set) == text.data() + text.size();
}

/// The first control character of [begin, end), or end. Looks at eight bytes at a time: field values are most of a head.
[[nodiscard]] inline const char* find_control(const char* begin, const char* end) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    while (end - begin >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, begin, sizeof word);
        const std::uint64_t below_space = (word - ones * 0x20) & ~word;
        const std::uint64_t without_del = word ^ (ones * 0x7f);
        const std::uint64_t is_del = (without_del - ones) & ~without_del;
        if (((below_space | is_del) & (ones * 0x80)) == 0) {
            begin += 8;
            continue;
        }
        for (int i = 0; i < 8; ++i, ++begin)  // here, unless it is an HTAB
            if (is_char(*begin, control_char)) return begin;
    }
    while (begin != end && !is_char(*begin, control_char)) ++begin;
    return begin;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
