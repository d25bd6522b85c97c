#pragma once
// Definitions of <roompp/base/utf8_text.hpp>.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/base/utf8_text.hpp>
#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL std::string repair_utf8(std::string_view text) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    std::string repaired;
    repaired.reserve(text.size() + replacement.size());
    utf8_validator validator;
    std::size_t start = 0;  // of the current character
    for (std::size_t i = 0; i < text.size();) {
        const bool belongs = validator.append(text.substr(i, 1));
        // A byte that ends an ill-formed part may begin a character: it is looked at again.
        if (belongs || i == start) ++i;
        if (belongs && !validator.is_complete()) continue;
        repaired.append(belongs ? text.substr(start, i - start) : replacement);
        validator = {};
        start = i;
    }
    return start == text.size() ? repaired : repaired.append(replacement);
}

ROOMPP_DECL std::string repair_close_reason(std::string_view reason) {
    constexpr std::size_t max_size = 123;
    constexpr std::size_t max_read = max_size + 3;  // with the rest of a last character
    const utf8_payload whole(reason.substr(0, max_read));
    const std::string_view text = whole.get();
    std::size_t end = (std::min)(text.size(), max_size);
    while (end != 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return std::string(text.substr(0, end));
}

}  // namespace detail
ROOMPP_NAMESPACE_END
