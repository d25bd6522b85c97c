#pragma once
// Random numbers that are the same on every platform for the same seed.

#include <cstddef>
#include <cstdint>

#include <roompp/base/integer_cast.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A small generator (splitmix64). The distributions of the standard library differ between platforms; this does not.
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) noexcept : state_(seed) {}

    /// The next number, of all 2^64.
    [[nodiscard]] std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31U);
    }
    /// A number below `n`, which is not 0.
    [[nodiscard]] std::size_t below(std::size_t n) noexcept {
        return roompp::detail::integer_cast<std::size_t>(next() % n);
    }

private:
    std::uint64_t state_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
