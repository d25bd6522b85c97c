#pragma once
// The authority of an http URI, which is also the value of Host: host[:port].

#include <cstddef>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/http/characters.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Whether a text is an IPv4 address, each part without leading zeros (RFC 3986, section 3.2.2: IPv4address).
[[nodiscard]] constexpr bool is_ipv4_address(std::string_view text) noexcept {
    for (int part = 0; part < 4; ++part) {
        const auto* const end = skip_chars(text.data(), text.data() + text.size(), digit_char);
        const auto size = static_cast<std::size_t>(end - text.data());
        if (size == 0 || size > 3 || (size > 1 && text.front() == '0')) return false;
        int value = 0;
        for (const char c : text.substr(0, size)) value = value * 10 + (c - '0');
        if (value > 255) return false;
        text.remove_prefix(size);
        if (part == 3) return text.empty();
        if (text.empty() || text.front() != '.') return false;
        text.remove_prefix(1);
    }
    return false;
}

/// Whether a text is an IPv6 address without brackets (RFC 3986, section 3.2.2: IPv6address): eight groups, or fewer
/// and one "::"; the last two may be an IPv4 address. No zone.
[[nodiscard]] constexpr bool is_ipv6_address(std::string_view text) noexcept {
    int groups = 0;
    bool has_gap = false;
    if (text.substr(0, 2) == "::") {
        has_gap = true;
        text.remove_prefix(2);
        if (text.empty()) return true;
    }
    for (;;) {
        const auto* const end = skip_chars(text.data(), text.data() + text.size(), hex_char);
        const auto size = static_cast<std::size_t>(end - text.data());
        if (size < text.size() && text[size] == '.') {
            if (!is_ipv4_address(text)) return false;
            groups += 2;
            break;
        }
        if (size == 0 || size > 4) return false;
        ++groups;
        text.remove_prefix(size);
        if (text.empty()) break;
        if (text.substr(0, 2) == "::") {
            if (has_gap) return false;
            has_gap = true;
            text.remove_prefix(2);
            if (text.empty()) break;
        } else if (text.front() == ':') {
            text.remove_prefix(1);
        } else {
            return false;
        }
    }
    return has_gap ? groups < 8 : groups == 8;
}

/// Whether a text is what stands between the brackets of an IP literal: an IPv6 address or, should there ever be one, an
/// address of a later version (RFC 3986, section 3.2.2: IP-literal).
[[nodiscard]] constexpr bool is_ip_literal(std::string_view text) noexcept {
    if (text.empty() || (text.front() != 'v' && text.front() != 'V')) return is_ipv6_address(text);
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
    if (!consists_of(text.substr(1, dot - 1), hex_char)) return false;
    for (const char c : text.substr(dot + 1))
        if (c != ':' && !is_char(c, reg_name_char)) return false;
    return true;
}

/// Whether a text is a registered name or an IPv4 address, not empty (RFC 3986, section 3.2.2). Names beyond US-ASCII
/// come as xn--... or percent-encoded.
[[nodiscard]] constexpr bool is_reg_name(std::string_view text) noexcept {
    if (text.empty()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_char(text[i], reg_name_char)) continue;
        if (text[i] != '%' || i + 2 >= text.size()) return false;
        if (!is_char(text[i + 1], hex_char) || !is_char(text[i + 2], hex_char)) return false;
        i += 2;
    }
    return true;
}

/// Whether a text is a port: digits, at most 65535, or nothing (RFC 3986, section 3.2.3).
[[nodiscard]] constexpr bool is_port(std::string_view text) noexcept {
    long value = 0;
    for (const char c : text) {
        if (!is_char(c, digit_char)) return false;
        value = value * 10 + (c - '0');
        if (value > 65535) return false;
    }
    return true;
}

/// Whether a text is host[:port] with a host that is not empty (RFC 9110, section 7.2). User information, which http
/// URIs must not carry (RFC 9110, section 4.2.4), is not part of it.
[[nodiscard]] constexpr bool is_authority(std::string_view text) noexcept {
    if (!text.empty() && text.front() == '[') {
        const std::size_t bracket = text.find(']');
        if (bracket == std::string_view::npos || !is_ip_literal(text.substr(1, bracket - 1))) return false;
        const std::string_view rest = text.substr(bracket + 1);
        return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
    }
    const std::size_t colon = text.find(':');
    if (!is_reg_name(text.substr(0, colon))) return false;
    return colon == std::string_view::npos || is_port(text.substr(colon + 1));
}

}  // namespace detail
ROOMPP_NAMESPACE_END
