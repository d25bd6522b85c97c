#pragma once
// The bounds of what a request may make its reader keep or skip.

#include <cstddef>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Bounds of one request, but for its body, whose bound depends on the route (see body_reader).
struct parser_limits {
    /// Maximum size of a head in bytes, from the request line to the empty line after the fields, both included, and
    /// with an empty line before it; a larger one is refused with 431, or with 414 if it is the request line already. The
    /// trailers of a chunked body, and its chunk extensions, may each have as much again over the whole body; larger ones
    /// are refused with 431 and 413.
    std::size_t head_bytes = 16'000;
    /// Maximum number of header fields; more are refused with 431. For the trailers of a body as well.
    std::size_t header_fields = 100;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
