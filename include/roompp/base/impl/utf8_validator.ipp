#pragma once
// Definitions of <roompp/base/utf8_validator.hpp>.

#include <cstdint>
#include <cstring>
#include <string_view>

#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL bool utf8_validator::append(std::string_view bytes) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    const char* next = bytes.data();
    const char* const end = next + bytes.size();
    while (next != end) {
        if (missing_bytes_ == 0) {
            // ASCII, as most text is, by words.
            for (std::uint64_t word = 0; end - next >= static_cast<std::ptrdiff_t>(sizeof word); next += sizeof word) {
                std::memcpy(&word, next, sizeof word);
                if ((word & high_bits) != 0) break;
            }
            if (next == end) break;
            const auto byte = static_cast<unsigned char>(*next++);
            if (byte >= 0x80 && !start_character(byte)) return false;
        } else {
            const auto byte = static_cast<unsigned char>(*next++);
            if (byte < min_next_ || byte > max_next_) return false;
            --missing_bytes_;
            min_next_ = 0x80;
            max_next_ = 0xBF;
        }
    }
    return true;
}

ROOMPP_DECL bool utf8_validator::start_character(unsigned char byte) noexcept {
    if (byte < 0xC2 || byte > 0xF4) return false;  // a continuation, an overlong form, or above U+10FFFF
    missing_bytes_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    if (byte == 0xE0) min_next_ = 0xA0;  // overlong forms
    if (byte == 0xED) max_next_ = 0x9F;  // surrogates
    if (byte == 0xF0) min_next_ = 0x90;  // overlong forms
    if (byte == 0xF4) max_next_ = 0x8F;  // above U+10FFFF
    return true;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
