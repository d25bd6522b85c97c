#pragma once
// Definitions of <roompp/base/sha1.hpp>.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <roompp/base/sha1.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The state of a SHA-1 between two blocks.
class sha1_state {
public:
    static constexpr std::size_t block_size = 64;

    /// Adds a block (FIPS 180-4, section 6.1.2).
    void add_block(const unsigned char* block) noexcept {
        std::array<std::uint32_t, 80> words;
        for (std::size_t i = 0; i < 16; ++i)
            words[i] = std::uint32_t{block[4 * i]} << 24U | std::uint32_t{block[4 * i + 1]} << 16U |
                       std::uint32_t{block[4 * i + 2]} << 8U | std::uint32_t{block[4 * i + 3]};
        for (std::size_t i = 16; i < words.size(); ++i)
            words[i] = rotate<1>(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]);
        auto state = hash_;
        add_rounds(state, &words[0], 0x5a827999U, [](auto b, auto c, auto d) { return d ^ (b & (c ^ d)); });
        add_rounds(state, &words[20], 0x6ed9eba1U, [](auto b, auto c, auto d) { return b ^ c ^ d; });
        add_rounds(state, &words[40], 0x8f1bbcdcU, [](auto b, auto c, auto d) { return (b & c) | (d & (b | c)); });
        add_rounds(state, &words[60], 0xca62c1d6U, [](auto b, auto c, auto d) { return b ^ c ^ d; });
        for (std::size_t i = 0; i < hash_.size(); ++i) hash_[i] += state[i];
    }

    [[nodiscard]] std::array<unsigned char, 20> digest() const noexcept {
        std::array<unsigned char, 20> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<unsigned char>(hash_[i / 4] >> (24U - 8U * (i % 4)));
        return bytes;
    }

private:
    template <unsigned Bits>
    [[nodiscard]] static constexpr std::uint32_t rotate(std::uint32_t word) noexcept {
        return word << Bits | word >> (32U - Bits);
    }
    // Twenty rounds. The words of the state change their roles in place of their values.
    template <class Function>
    static void add_rounds(std::array<std::uint32_t, 5>& state, const std::uint32_t* words, std::uint32_t constant,
                           Function function) noexcept {
        auto [a, b, c, d, e] = state;
        for (const std::uint32_t* const end = words + 20; words != end; words += 5) {
            e += rotate<5>(a) + function(b, c, d) + constant + words[0];
            b = rotate<30>(b);
            d += rotate<5>(e) + function(a, b, c) + constant + words[1];
            a = rotate<30>(a);
            c += rotate<5>(d) + function(e, a, b) + constant + words[2];
            e = rotate<30>(e);
            b += rotate<5>(c) + function(d, e, a) + constant + words[3];
            d = rotate<30>(d);
            a += rotate<5>(b) + function(c, d, e) + constant + words[4];
            c = rotate<30>(c);
        }
        state = {a, b, c, d, e};
    }

    std::array<std::uint32_t, 5> hash_{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U};
};

ROOMPP_DECL std::array<unsigned char, 20> sha1(std::string_view bytes) noexcept {
    constexpr std::size_t block_size = sha1_state::block_size;
    constexpr std::size_t length_size = 8;
    const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
    sha1_state state;
    for (; bytes.size() >= block_size; bytes.remove_prefix(block_size))
        state.add_block(reinterpret_cast<const unsigned char*>(bytes.data()));
    // The rest, a one bit, zeros, and the length (FIPS 180-4, section 5.1.1).
    std::array<unsigned char, 2 * block_size> end{};
    if (!bytes.empty()) std::memcpy(end.data(), bytes.data(), bytes.size());
    end[bytes.size()] = 0x80;
    const std::size_t size = bytes.size() + 1 + length_size <= block_size ? block_size : 2 * block_size;
    for (std::size_t i = 0; i < length_size; ++i) end[size - 1 - i] = static_cast<unsigned char>(bits >> (8 * i));
    for (std::size_t i = 0; i < size; i += block_size) state.add_block(end.data() + i);
    return state.digest();
}

}  // namespace detail
ROOMPP_NAMESPACE_END
