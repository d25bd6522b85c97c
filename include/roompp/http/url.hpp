#pragma once
// Request targets: percent-decoding, path templates, query strings.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/shown_text.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Decodes %XX (RFC 3986, section 2.1). In a query string (`plus_is_space`), `+` is a space.
/// @returns nothing if the encoding is broken.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// The value of a query parameter, decoded; nothing if there is none or its encoding is broken. Of several with one
/// name, the first counts.
/// @param query without the `?`.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// The named values that a path template has found in a path, in the template's order.
using path_parameters = std::vector<std::pair<std::string, std::string>>;

/// A path with named parts, such as `/ws/chat/{room}/`. A part is a whole segment; literal parts must match to the
/// letter, and so must the slash at the end, or its absence. A value; safe to read from several threads.
class path_template {
public:
    /// @throws std::invalid_argument if the text is no template.
    explicit path_template(std::string text);

    /// The template as it was written.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// The values of the named parts in a path, still percent-encoded; nothing if the path does not match.
    [[nodiscard]] std::optional<path_parameters> match(std::string_view path) const;

    /// Whether this template is to be preferred to another one that matches the same path: at the first difference, a
    /// literal part comes before a named one.
    [[nodiscard]] bool is_more_literal_than(const path_template& other) const noexcept;

private:
    struct segment {
        std::string text;
        bool named;
    };

    static std::vector<std::string_view> split(std::string_view path);
    [[noreturn]] void refuse(const std::string& reason) const;

    std::string text_;
    std::vector<segment> segments_;
};

/// Whether a decoded path parameter is a good name: 1 to `max_length` letters, digits, '.', '_' or '-' (US-ASCII), and
/// not '.' or '..'.
[[nodiscard]] bool is_good_name(std::string_view name, std::size_t max_length) noexcept;

/// Whether a decoded path parameter is a name in any script: text as is_shown_text() describes it, of at most `max_length`
/// code points, without '/', not '.' or '..', and without a space at either end.
[[nodiscard]] bool is_shown_name(std::string_view name, std::size_t max_length) noexcept;

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/http/impl/url.ipp>
#endif
