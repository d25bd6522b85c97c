#pragma once
// Incremental check of UTF-8.

#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Checks text that comes in parts for well-formed UTF-8 (RFC 3629, section 4; Unicode's table 3-7: no overlong forms, no
/// surrogates, nothing above U+10FFFF). The first byte that cannot belong to such a text is found when it comes. A value of
/// three bytes. Not thread-safe.
class utf8_validator {
public:
    /// Checks the next part.
    /// @returns false if the text so far is not the beginning of UTF-8; then the validator must not be used any more.
    [[nodiscard]] bool append(std::string_view bytes) noexcept;

    /// Whether the text so far does not end within a character.
    [[nodiscard]] bool is_complete() const noexcept { return missing_bytes_ == 0; }

private:
    [[nodiscard]] bool start_character(unsigned char byte) noexcept;

    unsigned char missing_bytes_ = 0;  // of the current character
    unsigned char min_next_ = 0x80;    // bounds of its next byte
    unsigned char max_next_ = 0xBF;
};

/// Whether a whole text is UTF-8.
[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
    utf8_validator validator;
    return validator.append(text) && validator.is_complete();
}

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/utf8_validator.ipp>
#endif
