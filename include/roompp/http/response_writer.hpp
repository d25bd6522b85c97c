#pragma once
// The bytes of responses, as HTTP/1.1.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

struct request_head;

/// Whether a response of its status has content (RFC 9110, sections 15.3.5 and 15.4.5).
[[nodiscard]] inline bool has_content(const response& response) noexcept {
    return response.status != 204 && response.status != 304;
}

/// How a response's head tells where the body ends (RFC 9112, section 6.3).
enum class body_length : unsigned char {
    known,       ///< Content-Length
    in_chunks,   ///< Transfer-Encoding: chunked
    until_close  ///< not at all: the connection ends with it
};

/// What a response says about its connection (RFC 9112, section 9.3 and appendix C.2.2).
enum class connection_option : unsigned char {
    none,        ///< nothing: HTTP/1.1 connections persist
    keep_alive,  ///< Connection: keep-alive, which HTTP/1.0 needs
    close        ///< Connection: close
};

/// What a response's head says besides status, type and headers of the response itself.
struct head_options {
    body_length length = body_length::known;
    connection_option connection = connection_option::none;
    std::string_view date;              ///< see http_date(); empty for none
    const header_list* more = nullptr;  ///< further headers, may be null
    /// The length to tell instead of the body's: see response::content_length.
    std::optional<std::uint64_t> content_length = std::nullopt;
};

/// The bytes of a response's head. A value with a line break, which would start a header of its own, loses it.
[[nodiscard]] std::string serialize_head(const response& response, const head_options& options);

/// The bytes of a response's head and body.
/// @param with_body false for the response to a HEAD.
[[nodiscard]] std::string serialize(const response& response, bool with_body, const head_options& options);

/// A piece of a body as a chunk (RFC 9112, section 7.1); it must not be empty, for that would be the last one.
[[nodiscard]] std::string chunk_of(std::string_view piece);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Writes the responses of one connection, one after the other. Not thread-safe.
class response_writer {
public:
    /// Starts with the response to a request.
    void start(const request_head& head);
    /// Starts with the response to a request that could not be read.
    /// @param to_head whether it is a HEAD as far as it could.
    void start_refusal(bool to_head);

    /// Headers that the response gets besides its own.
    void add_headers(const header_list& more) { headers_.insert(headers_.end(), more.begin(), more.end()); }

    /// The bytes of a whole response.
    /// @param closes whether the connection ends with it.
    /// @param date the current one, see http_date().
    [[nodiscard]] std::string write(const response& whole, bool closes, std::string_view date);

    /// The framing that the client understands: HTTP/1.0 knows no chunks.
    [[nodiscard]] body_framing framing_for(body_framing framing) const noexcept {
        return is_1_0_ ? body_framing::connection : framing;
    }
    /// The bytes of the head of a response whose body follows in pieces.
    /// @param framing as framing_for() returned it.
    [[nodiscard]] std::string begin(const response& head, body_framing framing, bool closes, std::string_view date);
    /// Whether the pieces of the body that has begun are chunks: see chunk_of() and last_chunk.
    [[nodiscard]] bool is_chunked() const noexcept { return is_chunked_; }
    /// Whether a body follows the head of this response.
    [[nodiscard]] bool has_body(const response& head) const noexcept { return !to_head_ && has_content(head); }

    /// Counts bytes of the body.
    void count(std::size_t bytes) noexcept { info_.bytes += bytes; }
    /// What has been written of the response; starts anew.
    [[nodiscard]] response_info take_info() noexcept { return std::exchange(info_, {}); }

private:
    [[nodiscard]] head_options options(body_length length, bool closes, std::string_view date) const noexcept;

    header_list headers_;
    response_info info_;
    bool to_head_ = false;
    bool is_1_0_ = false;
    bool confirms_keep_alive_ = false;
    bool is_chunked_ = false;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/response_writer.ipp>
#endif
