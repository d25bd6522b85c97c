#pragma once
// Bytes as text for the message of a failed test.

#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace detail {

/// The maximum length of a message in a failure, in bytes.
inline constexpr std::size_t max_shown_bytes = 200;

/// The first bytes, at most so many, without cutting a UTF-8 character in two.
[[nodiscard]] std::string_view truncate(std::string_view bytes, std::size_t max_bytes);

}  // namespace detail

/// Bytes for a person to read: in quotes, with escapes for what is not printable UTF-8, shortened to 200 bytes.
[[nodiscard]] std::string readable(std::string_view bytes);

/// The place where two texts differ, as the end of a sentence, if readable() shortens it away; otherwise empty.
[[nodiscard]] std::string difference(std::string_view expected, std::string_view received);

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/readable.ipp>
#endif
