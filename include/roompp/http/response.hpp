#pragma once
// An HTTP response, and its bytes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <websocketpp/http/constants.hpp>

#include <roompp/base/text.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// What a handler answers. A string converts to a 200 of plain text.
struct response {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;  ///< further ones

    response() = default;
    response(std::string text) : body(std::move(text)) {}
    response(const char* text) : body(text) {}
    response(int with_status, std::string text) : status(with_status), body(std::move(text)) {}
    response(int with_status, std::string type, std::string text)
        : status(with_status), content_type(std::move(type)), body(std::move(text)) {}

    /// A 200 of `application/json`.
    [[nodiscard]] static response json(std::string text) { return {200, "application/json", std::move(text)}; }
};

/// What became of a request, as server::on_response() tells.
struct response_info {
    int status = 0;
    std::uint64_t bytes = 0;  ///< of the answer, its head included
};

/// The content type of a file, by the end of its name; unknown ones are `application/octet-stream`.
[[nodiscard]] inline std::string content_type_of(std::string_view file) {
    struct known {
        std::string_view ending;
        const char* type;
    };
    static constexpr known types[] = {{".html", "text/html; charset=utf-8"},
                                      {".htm", "text/html; charset=utf-8"},
                                      {".css", "text/css; charset=utf-8"},
                                      {".js", "text/javascript; charset=utf-8"},
                                      {".mjs", "text/javascript; charset=utf-8"},
                                      {".json", "application/json"},
                                      {".txt", "text/plain; charset=utf-8"},
                                      {".md", "text/markdown; charset=utf-8"},
                                      {".svg", "image/svg+xml"},
                                      {".png", "image/png"},
                                      {".jpg", "image/jpeg"},
                                      {".jpeg", "image/jpeg"},
                                      {".gif", "image/gif"},
                                      {".webp", "image/webp"},
                                      {".ico", "image/x-icon"},
                                      {".woff2", "font/woff2"},
                                      {".wasm", "application/wasm"},
                                      {".pdf", "application/pdf"},
                                      {".xml", "application/xml"},
                                      {".webmanifest", "application/manifest+json"}};
    for (const known& one : types)
        if (file.size() >= one.ending.size() && file.substr(file.size() - one.ending.size()) == one.ending)
            return one.type;
    return "application/octet-stream";
}

/// A strong entity tag (RFC 9110, section 8.8.3): the FNV-1a hash of the bytes, quoted.
[[nodiscard]] inline std::string entity_tag(std::string_view bytes) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return '"' + detail::to_hex(hash, 16) + '"';
}

namespace detail {

/// Whether a response of its status has content (RFC 9110, sections 15.3.5 and 15.4.5).
[[nodiscard]] inline bool has_content(const response& what) noexcept {
    return what.status != 204 && what.status != 304;
}

/// How a response's head tells where the body ends.
enum class body_length : unsigned char {
    known,           ///< Content-Length
    in_chunks,       ///< Transfer-Encoding: chunked
    to_the_very_end  ///< not at all: the connection ends with it
};

/// Headers of a response: names and values.
using header_list = std::vector<std::pair<std::string, std::string>>;

/// The bytes of a response's head, as HTTP/1.1. A value with a line break, which would start a header of its own, loses
/// it.
/// @param more headers besides those of the response.
[[nodiscard]] inline std::string serialize_head(const response& what, body_length length, bool keep_alive,
                                                const header_list& more = {}) {
    const auto reason =
        websocketpp::http::status_code::get_string(static_cast<websocketpp::http::status_code::value>(what.status));
    std::string bytes = "HTTP/1.1 " + std::to_string(what.status) + ' ' + reason + "\r\n";
    const auto header = [&](std::string_view name, std::string_view value) {
        append_header_text(bytes, name);
        bytes.append(": ");
        append_header_text(bytes, value);
        bytes.append("\r\n");
    };
    if (has_content(what)) {
        header("Content-Type", what.content_type);
        if (length == body_length::known) header("Content-Length", std::to_string(what.body.size()));
        if (length == body_length::in_chunks) header("Transfer-Encoding", "chunked");
    }
    for (const auto& [name, value] : what.headers) header(name, value);
    for (const auto& [name, value] : more) header(name, value);
    header("X-Content-Type-Options", "nosniff");
    if (!keep_alive) header("Connection", "close");
    bytes.append("\r\n");
    return bytes;
}

/// The bytes of a response's head and body.
[[nodiscard]] inline std::string serialize(const response& what, bool with_body, bool keep_alive,
                                           const header_list& more = {}) {
    std::string bytes = serialize_head(what, body_length::known, keep_alive, more);
    if (with_body && has_content(what)) bytes.append(what.body);
    return bytes;
}

/// A piece of a body as a chunk (RFC 9112, section 7.1); it must not be empty, for that would be the last one.
[[nodiscard]] inline std::string chunk_of(std::string_view piece) {
    const std::string size = to_hex(piece.size());
    std::string bytes;
    bytes.reserve(size.size() + piece.size() + 4);
    return bytes.append(size).append("\r\n").append(piece).append("\r\n");
}
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace detail

/// The name of response_info before 0.2; goes with 0.3.
using answered [[deprecated("use roompp::response_info")]] = response_info;

ROOMPP_NAMESPACE_END
