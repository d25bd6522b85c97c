#pragma once
// Parses Sec-WebSocket-Extensions (RFC 6455, section 9.1).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// One parameter of an extension.
struct extension_parameter {
    std::string_view name;             ///< a token
    std::optional<std::string> value;  ///< a token, unquoted; nothing if the parameter has no value
};

/// One extension that a client offers, with its parameters in the order of the header.
struct extension_offer {
    std::string_view name;  ///< a token
    std::vector<extension_parameter> parameters;
};

/// Parses the value of Sec-WebSocket-Extensions. Empty list elements are skipped; quoted values are unquoted and must
/// then be tokens (RFC 6455, section 9.1).
/// @returns the offers in the client's order of preference, with views of `header`; nothing if the header is malformed.
[[nodiscard]] std::optional<std::vector<extension_offer>> parse_extension_offers(std::string_view header);

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/websocket/impl/extension_offers.ipp>
#endif
