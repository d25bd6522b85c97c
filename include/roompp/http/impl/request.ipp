#pragma once
// Definitions of <roompp/http/request.hpp>.

#include <roompp/http/cookies.hpp>
#include <roompp/http/field_values.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/request_head.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL request::request(const detail::request_head& head, const std::string& body, std::string peer_address,
                             bool secure)
    : head_(head), body_(body), method_(head.method), peer_address_(std::move(peer_address)), is_secure_(secure) {}

ROOMPP_DECL std::string_view request::path() const noexcept { return head_.parts.path; }

ROOMPP_DECL std::optional<std::string> request::query(std::string_view name) const {
    return query_value(head_.parts.query, name);
}

ROOMPP_DECL std::string_view request::host() const noexcept { return head_.authority; }

ROOMPP_DECL const std::string& request::header(std::string_view name) const {
    static const std::string none;
    for (const auto& [known_name, value] : header_cache_)
        if (detail::same_token(known_name, name)) return value;
    for (const detail::header_field& field : head_.fields)
        if (detail::same_token(field.name, name))
            return header_cache_.emplace_front(field.name, head_.joined(name)).second;
    return none;
}

ROOMPP_DECL std::optional<std::string> request::cookie(std::string_view name) const {
    // RFC 6265, section 5.4: one field. RFC 9113, section 8.2.3, allows several, to be joined by "; ".
    return cookie_value(head_.joined("Cookie", "; "), name);
}

ROOMPP_DECL std::string_view request::parameter(std::string_view name) const noexcept {
    for (const auto& [key, value] : parameters_)
        if (key == name) return value;
    return {};
}

ROOMPP_NAMESPACE_END
