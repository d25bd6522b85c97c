#pragma once
// The masks of a client's frames (RFC 6455, section 5.3).

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Masks or unmasks bytes in place, by words.
/// @param key in the order of the frame's header.
/// @param key_offset index of the key's byte for the first byte.
/// @returns the index for the byte after the last one.
inline std::size_t apply_mask(char* bytes, std::size_t size, const std::array<char, 4>& key,
                              std::size_t key_offset = 0) noexcept {
    std::uint64_t word_key = 0;
    char rotated[sizeof word_key];
    for (std::size_t i = 0; i < sizeof rotated; ++i) rotated[i] = key[(key_offset + i) % key.size()];
    std::memcpy(&word_key, rotated, sizeof word_key);
    std::size_t i = 0;
    for (; size - i >= sizeof word_key; i += sizeof word_key) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + i, sizeof word);
        word ^= word_key;
        std::memcpy(bytes + i, &word, sizeof word);
    }
    for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ rotated[i % sizeof rotated]);
    return (key_offset + size) % key.size();
}

}  // namespace net
ROOMPP_NAMESPACE_END
