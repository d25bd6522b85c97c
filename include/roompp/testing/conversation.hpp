#pragma once
// What a client and the server have said, for the message of a test that fails.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/core/loop.hpp>

namespace roompp::testing {

/// Bytes as a person can read them: in quotes, with escapes, cut if they are long.
[[nodiscard]] inline std::string readable(std::string_view bytes) {
    constexpr std::size_t most = 200;
    std::string text = "\"";
    for (const char c : bytes.substr(0, most)) {
        if (c == '"' || c == '\\') {
            text += '\\';
            text += c;
        } else if (c == '\n') {
            text += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            char code[5];
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += code;
        } else {
            text += c;
        }
    }
    text += '"';
    if (bytes.size() > most) text += "... (" + std::to_string(bytes.size()) + " bytes)";
    return text;
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
    static constexpr std::size_t most_bytes = 200;

    void add(time at, const char* direction, std::string_view what, std::string_view bytes) {
        if (entries_.size() == most_entries) {
            entries_.pop_front();
            ++left_out_;
        }
        entries_.push_back({at, direction, std::string(what), std::string(bytes.substr(0, most_bytes)),
                            bytes.data() != nullptr, bytes.size() > most_bytes});
    }

    std::deque<entry> entries_;
    std::size_t left_out_ = 0;
};

}  // namespace roompp::testing
