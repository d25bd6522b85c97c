#pragma once
// An HTTP response, and its reader.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// An HTTP response.
struct http_reply {
    int status = 0;                                            ///< 0: no head has come
    std::string version;                                       ///< `HTTP/1.1` or `HTTP/1.0`
    std::string reason;                                        ///< the text after the status; often empty
    std::vector<std::pair<std::string, std::string>> headers;  ///< in their order; values of one name joined by ", "
    std::string body;                                          ///< without the framing of its chunks

    /// A header's value, empty if there is none. The name's case does not matter. Valid as long as this object.
    [[nodiscard]] const std::string& header(std::string_view name) const noexcept;
};

/// Reads one response, in whatever parts it comes (RFC 9112, sections 4 to 7). Strict: lines end with CR LF, names are
/// tokens, nothing is folded, and the framing of the body is unambiguous. Interim responses (1xx but 101) are skipped,
/// and so are trailers.
class http_reply_reader {
public:
    /// @param is_head_request whether it answers a HEAD: then it has no body, whatever its head says.
    explicit http_reply_reader(bool is_head_request = false) noexcept : is_head_request_(is_head_request) {}

    /// Takes the bytes that belong to the response off the front of `bytes`; all of them once it is malformed.
    void consume(std::string_view& bytes);
    /// The connection has ended: so has a body without a length.
    void end() noexcept {
        if (state_ == state::unsized_body) state_ = state::complete;
    }

    /// Whether the head is whole.
    [[nodiscard]] bool has_head() const noexcept { return has_head_; }
    /// Whether the response is whole.
    [[nodiscard]] bool complete() const noexcept { return state_ == state::complete; }
    /// What is malformed in the response; empty if nothing is.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    /// The response so far.
    [[nodiscard]] const http_reply& reply() const noexcept { return reply_; }
    [[nodiscard]] http_reply& reply() noexcept { return reply_; }

private:
    enum class state : unsigned char {
        status_line,
        headers,
        sized_body,
        unsized_body,
        chunk_size,
        chunk_data,
        chunk_end,
        trailers,
        complete,
        malformed
    };

    void consume_line(std::string_view& bytes);
    void consume_body(std::string_view& bytes);
    void parse_line(std::string_view line);
    void parse_status_line(std::string_view line);
    void parse_header(std::string_view line);
    void parse_chunk_size(std::string_view line);
    void start_body();
    void fail(std::string_view description, std::string_view text);

    http_reply reply_;
    std::string line_;                 // the part of a line that has come
    std::size_t remaining_bytes_ = 0;  // of the body, or of its chunk
    std::string error_;
    state state_ = state::status_line;
    bool is_head_request_;
    bool has_head_ = false;
};

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/http_reply.ipp>
#endif
