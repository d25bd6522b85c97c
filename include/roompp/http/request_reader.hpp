#pragma once
// Reads the requests of one connection: the head, then the body.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <roompp/base/limits.hpp>
#include <roompp/config.hpp>
#include <roompp/http/body_reader.hpp>
#include <roompp/http/parser.hpp>
#include <roompp/http/request_head.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Reads one request after the other, in whatever parts their bytes come. The size of the body is bounded by the route,
/// which the head names: reading stops after the head until start_body() says how large the body may be. Not
/// thread-safe; stays where it was made, for the head refers to it.
class request_reader {
public:
    /// How far the reading of the current request is.
    enum class state : unsigned char {
        in_head,        ///< more bytes are needed
        head_complete,  ///< start_body() is needed
        in_body,        ///< more bytes are needed
        complete,       ///< bytes after it belong to what follows
        failed          ///< refused, see error(); what follows can't be trusted
    };

    /// @param limits of which head_bytes and header_fields count.
    explicit request_reader(const limits& limits)
        : parser_(parser_limits{limits.head_bytes, limits.header_fields}),
          body_reader_(parser_limits{limits.head_bytes, limits.header_fields}) {}

    /// Reads on, at most to the end of the head or of the body. After the head the bytes must stay as they are, or be
    /// copied by keep_head(), as long as head() is used.
    /// @returns how many of the bytes were taken.
    std::size_t consume(std::string_view bytes);

    /// Goes on with the body; a request without one is complete at once.
    /// @param max_bytes of the content; a larger body fails with 413.
    void start_body(std::uint64_t max_bytes);

    /// Copies a head that lies in the caller's bytes, so that these may go.
    void keep_head() { parser_.keep_head(); }

    /// Begins with the next request.
    void reset();

    [[nodiscard]] state current() const noexcept { return state_; }
    /// Whether a byte of the request has come.
    [[nodiscard]] bool has_begun() const noexcept { return parser_.has_begun(); }
    /// Whether head() is valid, although what follows may have failed.
    [[nodiscard]] bool has_head() const noexcept { return parser_.state() == parse_state::complete; }
    [[nodiscard]] const request_head& head() const noexcept { return parser_.head(); }
    [[nodiscard]] const std::string& body() const noexcept { return body_; }
    /// The size of head and body in bytes, as they came.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Whether the method is HEAD, as far as can be told of a request that has failed: its response has no body, even a
    /// refusal (RFC 9110, section 9.3.2).
    [[nodiscard]] bool is_to_head() const noexcept { return matched_ == head_method.size(); }
    /// Why it failed.
    [[nodiscard]] const parse_error& error() const noexcept {
        return has_head() ? body_reader_.error() : parser_.error();
    }

private:
    static constexpr std::string_view head_method = "HEAD ";
    static constexpr std::size_t no_match = static_cast<std::size_t>(-1);

    void match_method(std::string_view bytes) noexcept;
    void update_body_state() noexcept;

    request_parser parser_;
    body_reader body_reader_;
    std::string body_;
    std::size_t size_ = 0;
    std::size_t matched_ = 0;  // bytes of head_method, or no_match
    state state_ = state::in_head;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/request_reader.ipp>
#endif
