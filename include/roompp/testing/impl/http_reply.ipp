#pragma once
// An HTTP response, and its reader: definitions.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <roompp/base/text.hpp>
#include <roompp/config.hpp>
#include <roompp/http/characters.hpp>
#include <roompp/testing/http_reply.hpp>
#include <roompp/testing/readable.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace detail {

/// A number that is the whole text, without a sign; nothing if it is none, or too large.
[[nodiscard]] ROOMPP_DECL std::optional<std::size_t> parse_number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace detail

ROOMPP_DECL const std::string& http_reply::header(std::string_view name) const noexcept {
    static const std::string none;
    for (const auto& [key, value] : headers)
        if (roompp::detail::same_token(key, name)) return value;
    return none;
}

ROOMPP_DECL void http_reply_reader::consume(std::string_view& bytes) {
    while (!bytes.empty() && state_ != state::complete) {
        switch (state_) {
            case state::sized_body:
            case state::unsized_body:
            case state::chunk_data:
                consume_body(bytes);
                break;
            case state::malformed:
                bytes = {};
                break;
            default:
                consume_line(bytes);
        }
    }
}

ROOMPP_DECL void http_reply_reader::consume_line(std::string_view& bytes) {
    const std::size_t end = bytes.find('\n');
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end + 1;
    line_.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (end == std::string_view::npos) return;
    const auto line = std::exchange(line_, {});
    if (line.size() < 2 || line[line.size() - 2] != '\r') return fail("a line does not end with CR LF", line);
    parse_line(std::string_view(line).substr(0, line.size() - 2));
}

ROOMPP_DECL void http_reply_reader::consume_body(std::string_view& bytes) {
    const bool is_sized = state_ != state::unsized_body;
    const std::size_t n = is_sized ? (std::min)(remaining_bytes_, bytes.size()) : bytes.size();
    reply_.body.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    if (!is_sized) return;
    remaining_bytes_ -= n;
    if (remaining_bytes_ == 0) state_ = state_ == state::chunk_data ? state::chunk_end : state::complete;
}

ROOMPP_DECL void http_reply_reader::parse_line(std::string_view line) {
    switch (state_) {
        case state::status_line:
            return parse_status_line(line);
        case state::headers:
            return line.empty() ? start_body() : parse_header(line);
        case state::chunk_size:
            return parse_chunk_size(line);
        case state::chunk_end:
            if (!line.empty()) return fail("a chunk is longer than its size says", line);
            state_ = state::chunk_size;
            return;
        case state::trailers:
            if (line.empty()) state_ = state::complete;
            return;
        default:
            return;
    }
}

ROOMPP_DECL void http_reply_reader::parse_status_line(std::string_view line) {
    const std::string_view version = line.substr(0, 8);
    const bool has_form =
        line.size() >= 13 && (version == "HTTP/1.1" || version == "HTTP/1.0") && line[8] == ' ' && line[12] == ' ';
    const auto status = has_form ? detail::parse_number(line.substr(9, 3), 10) : std::nullopt;
    if (!status || *status < 100) return fail("the status line is malformed", line);
    reply_.version = version;
    reply_.status = static_cast<int>(*status);
    reply_.reason = line.substr(13);
    state_ = state::headers;
}

ROOMPP_DECL void http_reply_reader::parse_header(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == std::string_view::npos || name.empty() ||
        !roompp::detail::consists_of(name, roompp::detail::token_char))
        return fail("a header is malformed", line);
    const std::string_view value = roompp::detail::trim(line.substr(colon + 1));
    if (value.find('\r') != std::string_view::npos || value.find('\0') != std::string_view::npos)
        return fail("a header is malformed", line);
    for (auto& [key, values] : reply_.headers)
        if (roompp::detail::same_token(key, name)) {
            values.append(", ").append(value);
            return;
        }
    reply_.headers.emplace_back(name, value);
}

// RFC 9112, section 6.3.
ROOMPP_DECL void http_reply_reader::start_body() {
    const int status = reply_.status;
    if (status < 200 && status != 101) {
        reply_ = {};
        state_ = state::status_line;
        return;
    }
    const std::string& length = reply_.header("Content-Length");
    const std::string& encoding = reply_.header("Transfer-Encoding");
    const auto bytes = detail::parse_number(length, 10);
    if (!encoding.empty() && !length.empty())
        return fail("the head has a Content-Length and a Transfer-Encoding", length);
    if (!encoding.empty() && !roompp::detail::same_token(encoding, "chunked"))
        return fail("the Transfer-Encoding is unknown", encoding);
    if (!length.empty() && !bytes) return fail("the Content-Length is not a number", length);
    has_head_ = true;
    if (status == 101 || status == 204 || status == 304 || is_head_request_) {
        state_ = state::complete;
    } else if (!encoding.empty()) {
        state_ = state::chunk_size;
    } else if (!bytes) {
        state_ = state::unsized_body;
    } else {
        remaining_bytes_ = *bytes;
        state_ = *bytes == 0 ? state::complete : state::sized_body;
    }
}

ROOMPP_DECL void http_reply_reader::parse_chunk_size(std::string_view line) {
    const auto size = detail::parse_number(line.substr(0, line.find(';')), 16);  // extensions are skipped
    if (!size) return fail("the size of a chunk is malformed", line);
    remaining_bytes_ = *size;
    state_ = *size == 0 ? state::trailers : state::chunk_data;
}

ROOMPP_DECL void http_reply_reader::fail(std::string_view description, std::string_view text) {
    error_ = std::string(description) + ": " + readable(text);
    state_ = state::malformed;
}

}  // namespace testing
ROOMPP_NAMESPACE_END
