#pragma once
// Bytes as text for the message of a failed test: definitions.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>
#include <roompp/testing/readable.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace detail {

/// The length of the UTF-8 character (RFC 3629) at the start of some bytes; 0 if there is none.
[[nodiscard]] ROOMPP_DECL std::size_t character_length(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes.front());
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const bool is_character = length <= bytes.size() && roompp::detail::is_utf8(std::string(bytes.substr(0, length)));
    return is_character ? length : 0;
}

/// The bytes in quotes, with escapes for what can't be printed.
[[nodiscard]] ROOMPP_DECL std::string quote(std::string_view bytes) {
    std::string text = "\"";
    while (!bytes.empty()) {
        const char c = bytes.front();
        const std::size_t length = character_length(bytes);
        if (c == '\n') {
            text += "\\n";
        } else if (length == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            char code[5];
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += code;
        } else {
            if (c == '"' || c == '\\') text += '\\';
            text += bytes.substr(0, length);
        }
        bytes.remove_prefix(std::max<std::size_t>(1, length));
    }
    return text += '"';
}

ROOMPP_DECL std::string_view truncate(std::string_view bytes, std::size_t max_bytes) {
    if (bytes.size() <= max_bytes) return bytes;
    std::size_t end = max_bytes;
    while (end != 0 && max_bytes - end < 4 && (static_cast<unsigned char>(bytes[end]) & 0xC0U) == 0x80U) --end;
    return bytes.substr(0, end);
}

}  // namespace detail

ROOMPP_DECL std::string readable(std::string_view bytes) {
    const std::string text = detail::quote(detail::truncate(bytes, detail::max_shown_bytes));
    return bytes.size() > detail::max_shown_bytes ? text + "... (" + std::to_string(bytes.size()) + " bytes)" : text;
}

ROOMPP_DECL std::string difference(std::string_view expected, std::string_view received) {
    const auto mismatch = std::mismatch(expected.begin(), expected.end(), received.begin(), received.end()).first;
    const auto position = static_cast<std::size_t>(mismatch - expected.begin());
    if (position < detail::max_shown_bytes) return {};
    const std::size_t start = detail::truncate(expected, position - std::min<std::size_t>(position, 20)).size();
    const auto excerpt = [start](std::string_view text) {
        return detail::quote(detail::truncate(text.substr(start), 60));
    };
    return "; they differ from byte " + std::to_string(position) + " on, where ..." + excerpt(expected) +
           " was expected, and ..." + excerpt(received) + " came";
}

}  // namespace testing
ROOMPP_NAMESPACE_END
