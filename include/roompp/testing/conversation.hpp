#pragma once
// What a client and the server have said, for the message of a test that fails.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include <websocketpp/utf8_validator.hpp>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace detail {

/// The length of the UTF-8 character (RFC 3629) at the start of some bytes; 0 if there is none.
[[nodiscard]] inline std::size_t character_length(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes.front());
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const bool is_character =
        length <= bytes.size() && websocketpp::utf8_validator::validate(std::string(bytes.substr(0, length)));
    return is_character ? length : 0;
}

/// In quotes, and what can't be printed as escapes.
[[nodiscard]] inline std::string quoted(std::string_view bytes) {
    std::string text = "\"";
    while (!bytes.empty()) {
        const char c = bytes.front();
        const std::size_t length = character_length(bytes);
        if (c == '\n') {
            text += "\\n";
        } else if (length == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            char code[5];
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += code;
        } else {
            if (c == '"' || c == '\\') text += '\\';
            text += bytes.substr(0, length);
        }
        bytes.remove_prefix(std::max<std::size_t>(1, length));
    }
    return text += '"';
}

/// At most so many bytes from the start, and no character cut in two.
[[nodiscard]] inline std::string_view cut(std::string_view bytes, std::size_t most) {
    if (bytes.size() <= most) return bytes;
    std::size_t end = most;
    while (end != 0 && most - end < 4 && (static_cast<unsigned char>(bytes[end]) & 0xC0U) == 0x80U) --end;
    return bytes.substr(0, end);
}

/// Most bytes of a message that a failure shows.
inline constexpr std::size_t most_shown = 200;

}  // namespace detail

/// Bytes as a person can read them: in quotes, with escapes, cut if they are long.
[[nodiscard]] inline std::string readable(std::string_view bytes) {
    const std::string text = detail::quoted(detail::cut(bytes, detail::most_shown));
    return bytes.size() > detail::most_shown ? text + "... (" + std::to_string(bytes.size()) + " bytes)" : text;
}

/// Where two texts differ, as the end of a sentence, if readable() does not show it; else nothing.
[[nodiscard]] inline std::string difference(std::string_view expected, std::string_view came) {
    const auto differing = std::mismatch(expected.begin(), expected.end(), came.begin(), came.end()).first;
    const auto until = static_cast<std::size_t>(differing - expected.begin());
    if (until < detail::most_shown) return {};
    const std::size_t from = detail::cut(expected, until - std::min<std::size_t>(until, 20)).size();
    const auto part = [&](std::string_view all) { return detail::quoted(detail::cut(all.substr(from), 60)); };
    return "; they differ from byte " + std::to_string(until) + " on, where ..." + part(expected) +
           " was expected, and ..." + part(came) + " came";
}

/// The last things that were said.
class conversation {
public:
    using time = loop::clock::duration;

    /// What the client sent.
    void sent(time at, std::string_view what, std::string_view bytes) { add(at, "->", what, bytes); }
    /// What the client received.
    void received(time at, std::string_view what, std::string_view bytes) { add(at, "<-", what, bytes); }
    /// Something that happened.
    void happened(time at, std::string_view what) { add(at, "--", what, {}); }

    /// All of it, a line each.
    [[nodiscard]] std::string text() const {
        std::string lines;
        if (left_out_ != 0) lines += "    ... " + std::to_string(left_out_) + " before\n";
        for (const entry& one : entries_) {
            lines += "    " + seconds(one.at) + ' ' + one.direction + ' ' + one.what;
            if (one.has_bytes) lines += ' ' + readable(one.bytes) + (one.cut ? " (cut)" : "");
            lines += '\n';
        }
        return lines;
    }

    /// A time as `12.5s`.
    [[nodiscard]] static std::string seconds(time at) {
        char text[32];
        std::snprintf(text, sizeof text, "%gs", std::chrono::duration<double>(at).count());
        return text;
    }

private:
    struct entry {
        time at;
        const char* direction;
        std::string what;
        std::string bytes;
        bool has_bytes;
        bool cut;
    };
    static constexpr std::size_t most_entries = 20;

    void add(time at, const char* direction, std::string_view what, std::string_view bytes) {
        if (entries_.size() == most_entries) {
            entries_.pop_front();
            ++left_out_;
        }
        const std::string_view shown = detail::cut(bytes, detail::most_shown);
        entries_.push_back({at, direction, std::string(what), std::string(shown), bytes.data() != nullptr,
                            shown.size() < bytes.size()});
    }

    std::deque<entry> entries_;
    std::size_t left_out_ = 0;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
