#pragma once
// SHA-1, for the handshake of WebSockets.

#include <array>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The SHA-1 digest of some bytes (FIPS 180-4, section 6.1). The handshake demands it (RFC 6455, section 4.2.2); it protects
/// nothing. Allocates nothing. Safe from any thread.
[[nodiscard]] std::array<unsigned char, 20> sha1(std::string_view bytes) noexcept;

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/sha1.ipp>
#endif
