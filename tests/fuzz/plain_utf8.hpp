#pragma once
// UTF-8 by the letter of RFC 3629, section 4: what the library's validator is compared with.

#include <cstddef>
#include <string_view>

namespace fuzz {

enum class utf8_state { complete, incomplete, malformed };

/// Whether the text is UTF-8, could become UTF-8 by what follows, or neither.
[[nodiscard]] inline utf8_state check_utf8(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned first = byte(i++);
        unsigned low = 0x80;
        unsigned high = 0xbf;
        std::size_t tail = 0;
        if (first <= 0x7f) continue;
        if (first >= 0xc2 && first <= 0xdf) {
            tail = 1;
        } else if (first >= 0xe0 && first <= 0xef) {
            tail = 2;
            if (first == 0xe0) low = 0xa0;
            if (first == 0xed) high = 0x9f;
        } else if (first >= 0xf0 && first <= 0xf4) {
            tail = 3;
            if (first == 0xf0) low = 0x90;
            if (first == 0xf4) high = 0x8f;
        } else {
            return utf8_state::malformed;
        }
        for (; tail != 0; --tail, low = 0x80, high = 0xbf) {
            if (i == text.size()) return utf8_state::incomplete;
            const unsigned next = byte(i++);
            if (next < low || next > high) return utf8_state::malformed;
        }
    }
    return utf8_state::complete;
}

}  // namespace fuzz
