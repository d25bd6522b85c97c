#pragma once
// How far the reading of a request is, and why it was refused: a status for the client and a sentence for whoever has
// to repair it.

#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Where a reader of a request is.
enum class parse_state : unsigned char {
    incomplete,  ///< more bytes are needed
    complete,    ///< done; bytes after it belong to what follows
    failed       ///< refused, see error(); nothing that comes on this connection can be trusted any longer
};

/// The refusal of a request. `text` is one line of US-ASCII without a line break, never empty: what was wrong, where,
/// and what was expected.
struct parse_error {
    int status = 400;  ///< a client or server error of HTTP (RFC 9110, section 15)
    std::string text;
};

/// A byte as an error text shows it: 'x', or its number and, where it has one, its name.
[[nodiscard]] inline std::string describe_byte(char c) {
    const auto number = static_cast<unsigned char>(c);
    if (c == ' ') return "a space";
    if (c == '\t') return "a tab";
    if (number > 0x20 && number < 0x7f) return {'\'', c, '\''};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = {'b', 'y', 't', 'e', ' ', '0', 'x', digits[number / 16], digits[number % 16]};
    if (c == '\0') text += " (NUL)";
    if (c == '\n') text += " (LF)";
    if (c == '\r') text += " (CR)";
    return text;
}

/// A part of a request as an error text quotes it: the first 60 bytes in single quotes, each that is not printable
/// US-ASCII, or could end the quotation or be markup, as '?'.
[[nodiscard]] inline std::string quote(std::string_view value) {
    constexpr std::size_t max_quoted = 60;
    std::string text = "'";
    for (const char c : value.substr(0, max_quoted)) {
        const bool is_plain = c >= 0x20 && c < 0x7f && std::string_view("'\"<>&").find(c) == std::string_view::npos;
        text += is_plain ? c : '?';
    }
    return text += value.size() > max_quoted ? "...'" : "'";
}

}  // namespace detail
ROOMPP_NAMESPACE_END
