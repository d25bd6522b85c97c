#pragma once
// The head of a request, parsed: request line, header fields, and what they say about the connection and the body.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/http/field_values.hpp>
#include <roompp/http/request_target.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The versions that are answered; others are refused with 505.
enum class http_version : unsigned char { http_1_0, http_1_1 };

/// What follows a head (RFC 9112, section 6.3).
enum class request_framing : unsigned char {
    none,    ///< no body
    sized,   ///< a body of content_length bytes
    chunked  ///< a body in chunks (RFC 9112, section 7.1)
};

/// One header field. The value is trimmed, and as it came.
struct header_field {
    std::string_view name;
    std::string_view value;
};

/// A head that has passed every check of request_parser. All views lie in memory of the parser or of its caller (see
/// request_parser::keep_head), but for an empty path; a copy of the head refers to the same bytes. Safe to read from
/// several threads as long as nothing changes that memory.
struct request_head {
    std::string_view method;  ///< as it came; methods are case-sensitive (RFC 9110, section 9.1)
    std::string_view target;  ///< as it came
    request_target parts;     ///< of the target
    http_version version = http_version::http_1_1;
    std::vector<header_field> fields;  ///< in their order
    std::string_view authority;  ///< that of the target if it has one, else that of Host (RFC 9112, section 3.2.2);
                                 ///< empty only for HTTP/1.0 without either
    request_framing framing = request_framing::none;
    std::uint64_t content_length = 0;  ///< in bytes, if sized
    bool is_persistent = false;        ///< the connection may serve another request (RFC 9112, section 9.3)
    bool confirms_keep_alive = false;  ///< HTTP/1.0: the answer must say `Connection: keep-alive`, or the client takes
                                       ///< the connection for closed
    bool expects_continue = false;     ///< HTTP/1.1 with `Expect: 100-continue` (RFC 9110, section 10.1.1)
    bool asks_for_websocket = false;   ///< `Connection: upgrade` and `Upgrade: websocket`, in either version
    std::size_t size = 0;              ///< of the whole head in bytes, with an empty line before it

    /// The value of the first field of a name, whose case does not matter; nothing without one. For fields that may
    /// come only once use it with count(), for lists joined().
    [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const noexcept {
        for (const header_field& field : fields)
            if (same_token(field.name, name)) return field.value;
        return std::nullopt;
    }
    /// How many fields have a name.
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept {
        return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(),
                                                      [&](const header_field& f) { return same_token(f.name, name); }));
    }
    /// The values of all fields of a name, in their order, joined to one list (RFC 9110, section 5.2); empty without
    /// one.
    [[nodiscard]] std::string joined(std::string_view name, std::string_view separator = ", ") const {
        std::string list;
        bool is_first = true;
        for (const header_field& field : fields) {
            if (!same_token(field.name, name)) continue;
            if (!is_first) list += separator;
            is_first = false;
            list += field.value;
        }
        return list;
    }
};

}  // namespace detail
ROOMPP_NAMESPACE_END
