#pragma once
// Definitions of <roompp/net/address_group.hpp>.

#include <cstddef>
#include <string>
#include <system_error>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/ip/address.hpp>
#include <asio/ip/address_v6.hpp>

#include <roompp/net/address_group.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL std::string address_group(const std::string& address, std::size_t ipv6_prefix) {
    constexpr std::size_t address_bits = 128;
    if (ipv6_prefix >= address_bits) return address;
    std::error_code ec;
    const auto parsed = asio::ip::make_address(address, ec);
    if (ec || !parsed.is_v6()) return address;
    auto bytes = parsed.to_v6().to_bytes();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t bits = ipv6_prefix <= 8 * i ? 0 : ipv6_prefix - 8 * i;  // of this byte and those after it
        if (bits < 8) bytes[i] = static_cast<unsigned char>(bytes[i] & (0xff00U >> bits));
    }
    return asio::ip::address_v6(bytes).to_string() + '/' + std::to_string(ipv6_prefix);
}

}  // namespace net
ROOMPP_NAMESPACE_END
