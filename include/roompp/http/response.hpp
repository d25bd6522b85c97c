#pragma once
// An HTTP response.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A handler's response. A string converts to a 200 of plain text.
struct response {
    int status = 200;                                          ///< 200 to 599 (RFC 9110, section 15)
    std::string content_type = "text/plain; charset=utf-8";    ///< not sent with 204 and 304
    std::string body;                                          ///< not sent with 204 and 304, nor to a HEAD
    std::vector<std::pair<std::string, std::string>> headers;  ///< further ones; line breaks in them are not sent
    /// To a HEAD: the size that the body would have, if making it only for its size is too dear. Ignored otherwise.
    std::optional<std::uint64_t> content_length;

    response() = default;
    response(std::string text) : body(std::move(text)) {}
    response(std::string_view text) : body(text) {}
    response(const char* text) : body(text) {}
    response(int with_status, std::string text) : status(with_status), body(std::move(text)) {}
    response(int with_status, std::string type, std::string text)
        : status(with_status), content_type(std::move(type)), body(std::move(text)) {}

    /// A 200 of `application/json`.
    [[nodiscard]] static response json(std::string text) { return {200, "application/json", std::move(text)}; }
};

/// Status and size of a completed response, as passed to server::on_response(). The status is 0 if the client had gone
/// before there was one.
struct response_info {
    int status = 0;
    std::uint64_t bytes = 0;  ///< of the response, its head included
};

/// The reason phrase of a status, such as "Not Found" (RFC 9110, section 15, and the IANA registry of status codes);
/// "Unknown" for one that is in neither. Clients ignore it (RFC 9112, section 4).
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

namespace detail {
/// Header fields of a response: names and values.
using header_list = std::vector<std::pair<std::string, std::string>>;
}  // namespace detail

/// The name of response_info before 0.2; goes with 0.3.
using answered [[deprecated("use roompp::response_info")]] = response_info;

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/response.ipp>
#endif
