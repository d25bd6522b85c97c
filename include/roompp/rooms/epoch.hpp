#pragma once
// Names for the times in which numbers count on.

#include <cstdint>
#include <string>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A new epoch: 16 hexadecimal digits that nobody has had before, as far as chance allows. On the loop's thread.
[[nodiscard]] inline std::string new_epoch(loop& home) {
    std::uint64_t value = home.random();
    std::string text(16, '0');
    for (char& digit : text) {
        digit = "0123456789abcdef"[value & 0xfU];
        value >>= 4U;
    }
    return text;
}

ROOMPP_NAMESPACE_END
