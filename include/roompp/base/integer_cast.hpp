#pragma once
// A cast between integer types of which one is as wide as the platform likes.

#include <type_traits>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A value that is known to fit, as another integer type. Unlike static_cast, it is no useless cast (-Wuseless-cast)
/// where the two types are the same one, as std::uint64_t and std::size_t are on most platforms.
template <class To, class From>
[[nodiscard]] constexpr To integer_cast(From value) noexcept {
    static_assert(std::is_integral_v<To> && std::is_integral_v<From>);
    if constexpr (std::is_same_v<To, From>)
        return value;
    else
        return static_cast<To>(value);
}

}  // namespace detail
ROOMPP_NAMESPACE_END
