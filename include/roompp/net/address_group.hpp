#pragma once
// The addresses that count as one peer.

#include <cstddef>
#include <string>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// The name under which limits by address count a peer: an IPv4 address itself, and an IPv6 address without the bits that
/// one host may choose freely, such as `2001:db8:0:1::/64`. Safe from any thread.
/// @param address as connection::peer_address() has it; what is no address is a group of its own.
/// @param ipv6_prefix the number of bits that count: limits::ipv6_prefix.
[[nodiscard]] std::string address_group(const std::string& address, std::size_t ipv6_prefix);

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/address_group.ipp>
#endif
