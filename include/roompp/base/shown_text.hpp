#pragma once
// Text that people see beside other people's: names of persons and of rooms.

#include <cstddef>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Whether a text may be shown as somebody's or something's name, without harm to what stands beside it:
/// - it is UTF-8, of 1 to `max_characters` code points, and shows something: not only spaces and invisible characters;
/// - it ends no line and drives no terminal: no control characters (C0, DEL, C1), no U+2028 or U+2029;
/// - it reorders nothing: no bidirectional embeddings, overrides or isolates (UAX #9, section 2), nor the deprecated format
///   characters U+206A to U+206F and U+FFF9 to U+FFFB;
/// - it covers nothing: at most 4 combining marks in a row;
/// - it has no code points that are no characters, such as U+FFFE.
/// Escaping is the matter of who shows it: `<` is a character. Names are compared by their bytes; who wants `é` to be one
/// name, whether typed in one character or two, normalises to NFC first, as the chat's pages do. Does not throw; thread-safe.
[[nodiscard]] bool is_shown_text(std::string_view text, std::size_t max_characters) noexcept;

/// A name that may be shown: the same one, or with U+FFFD in place of each code point that is_shown_text() does not allow and
/// of each part that is not UTF-8, and without the combining marks that are too many. What shows nothing then becomes U+FFFD;
/// an empty name stays empty. Its length is left as it is. Thread-safe.
[[nodiscard]] std::string shown_text(std::string_view text);

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/base/impl/shown_text.ipp>
#endif
