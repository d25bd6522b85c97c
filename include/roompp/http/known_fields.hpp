#pragma once
// The header fields that the connection itself must understand: where a request ends, whose it is, what comes after it.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/http/characters.hpp>
#include <roompp/http/field_values.hpp>
#include <roompp/http/parse_outcome.hpp>
#include <roompp/http/request_head.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Interprets Host, Connection, Content-Length, Transfer-Encoding, Upgrade and Expect of one head, in which two readings
/// would be an attack (request smuggling, RFC 9112, section 11.2). Give it every field, then finish().
class known_fields {
public:
    /// Notes a field of the head that is being read.
    /// @returns the error, if the field alone is wrong already.
    [[nodiscard]] std::optional<parse_error> add(const header_field& field, request_head& head) {
        switch (field.name.size()) {  // a name of another length is none of ours: most fields cost one look
            case 4:
                if (same_token(field.name, "Host")) return add_host(field.value, head);
                break;
            case 6:
                if (same_token(field.name, "Expect"))
                    expects_continue_ = expects_continue_ || list_contains(field.value, "100-continue");
                break;
            case 7:
                if (same_token(field.name, "Upgrade"))
                    names_websocket_ = names_websocket_ || list_contains(field.value, "websocket");
                break;
            case 10:
                if (same_token(field.name, "Connection")) add_connection(field.value);
                break;
            case 14:
                if (same_token(field.name, "Content-Length")) return add_content_length(field.value, head);
                break;
            case 17:
                if (same_token(field.name, "Transfer-Encoding")) return add_transfer_encoding(field.value);
                break;
            default:
                break;
        }
        return std::nullopt;
    }

    /// Concludes from all fields what is to be done.
    /// @returns the error, if they contradict each other or the request line.
    [[nodiscard]] std::optional<parse_error> finish(request_head& head) const {
        const bool is_1_0 = head.version == http_version::http_1_0;
        if (auto error = finish_authority(head)) return error;
        if (auto error = finish_framing(head)) return error;
        head.is_persistent = !has_close_ && (!is_1_0 || has_keep_alive_);
        head.confirms_keep_alive = is_1_0 && head.is_persistent;
        head.expects_continue = expects_continue_ && !is_1_0;
        head.asks_for_websocket = names_websocket_ && has_upgrade_;
        return std::nullopt;
    }

private:
    std::optional<parse_error> add_host(std::string_view value, request_head& head) {
        if (has_host_) return parse_error{400, "The request has more than one Host field."};
        has_host_ = true;
        head.authority = value;
        if (!value.empty() && !is_authority(value))
            return parse_error{400, "The Host " + quote(value) + " is not of the form 'host' or 'host:port'."};
        return std::nullopt;
    }

    void add_connection(std::string_view value) {
        for_each_element(value, [&](std::string_view option) {
            has_close_ = has_close_ || same_token(option, "close");
            has_keep_alive_ = has_keep_alive_ || same_token(option, "keep-alive");
            has_upgrade_ = has_upgrade_ || same_token(option, "upgrade");
        });
    }

    std::optional<parse_error> add_content_length(std::string_view value, request_head& head) {
        if (has_length_) return parse_error{400, "The request has more than one Content-Length field."};
        has_length_ = true;
        if (value.empty() || !consists_of(value, digit_char))
            return parse_error{400, "The Content-Length " + quote(value) + " is not one decimal number."};
        constexpr std::uint64_t max_length = (std::numeric_limits<std::uint64_t>::max)();
        for (const char c : value) {
            const auto digit = static_cast<unsigned>(c - '0');
            if (head.content_length > (max_length - digit) / 10)
                return parse_error{413, "The Content-Length " + quote(value) + " is larger than any body may be."};
            head.content_length = head.content_length * 10 + digit;
        }
        return std::nullopt;
    }

    std::optional<parse_error> add_transfer_encoding(std::string_view value) {
        has_coding_ = true;
        std::optional<parse_error> error;
        for_each_element(value, [&](std::string_view element) {
            if (error) return;
            const std::size_t semicolon = element.find(';');
            const std::string_view coding = trim(element.substr(0, semicolon));
            if (coding.empty() || !consists_of(coding, token_char)) {
                error = parse_error{400, "The Transfer-Encoding " + quote(value) + " is not a list of tokens."};
            } else if (has_chunked_) {
                error = parse_error{400, "The Transfer-Encoding " + quote(value) +
                                             " has something after 'chunked', which must come last and once."};
            } else if (!same_token(coding, "chunked")) {
                has_unknown_coding_ = true;
            } else if (semicolon != std::string_view::npos) {
                error = parse_error{400, "The transfer coding 'chunked' has no parameters (RFC 9112, section 7.1)."};
            } else {
                has_chunked_ = true;
            }
        });
        return error;
    }

    // RFC 9112, section 3.2. An http URI has a host (RFC 9110, section 4.2.1): an empty Host is good only where the
    // target has the authority.
    [[nodiscard]] std::optional<parse_error> finish_authority(request_head& head) const {
        if (!has_host_ && head.version != http_version::http_1_0)
            return parse_error{400, "The request has no Host field, which HTTP/1.1 requires."};
        if (head.parts.form == target_form::absolute)
            head.authority = head.parts.authority;
        else if (has_host_ && head.authority.empty())
            return parse_error{400, "The Host field is empty; expected 'host' or 'host:port'."};
        return std::nullopt;
    }

    // RFC 9112, sections 6.1 and 6.3.
    [[nodiscard]] std::optional<parse_error> finish_framing(request_head& head) const {
        if (has_coding_ && has_length_)
            return parse_error{400, "The request has both Content-Length and Transfer-Encoding; expected one of them."};
        if (has_coding_ && head.version == http_version::http_1_0)
            return parse_error{400, "The request has a Transfer-Encoding, which HTTP/1.0 does not know."};
        if (has_unknown_coding_) return parse_error{501, "The only transfer coding that is implemented is 'chunked'."};
        if (has_coding_ && !has_chunked_)
            return parse_error{400, "The Transfer-Encoding is empty; expected 'chunked'."};
        head.framing = has_coding_   ? request_framing::chunked
                       : has_length_ ? request_framing::sized
                                     : request_framing::none;
        return std::nullopt;
    }

    bool has_host_ = false;
    bool has_length_ = false;
    bool has_coding_ = false;
    bool has_chunked_ = false;
    bool has_unknown_coding_ = false;
    bool has_close_ = false;
    bool has_keep_alive_ = false;
    bool has_upgrade_ = false;
    bool names_websocket_ = false;
    bool expects_continue_ = false;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
