#pragma once
// Names for the times in which numbers count on.

#include <cstdint>
#include <random>
#include <string>

namespace roompp {

/// A new epoch: 16 hexadecimal digits that nobody has had before, as far as chance allows. Safe from any thread.
[[nodiscard]] inline std::string new_epoch() {
    thread_local std::mt19937_64 numbers = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }();
    std::uint64_t value = numbers();
    std::string text(16, '0');
    for (char& digit : text) {
        digit = "0123456789abcdef"[value & 0xfU];
        value >>= 4U;
    }
    return text;
}

}  // namespace roompp
