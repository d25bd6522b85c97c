// The stamp that each message of the load carries: sequence number, send time and room.
#pragma once

#include <time.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wsload {

inline std::uint64_t now_ns() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(t.tv_nsec);
}

struct stamp {
    std::uint64_t sequence = 0;
    std::uint64_t sent_ns = 0;
    std::uint64_t room = 0;

    // "#SEQUENCE:TIME:ROOM:" and padding up to `size` bytes.
    std::string body(std::size_t size) const {
        std::string text =
            "#" + std::to_string(sequence) + ":" + std::to_string(sent_ns) + ":" + std::to_string(room) + ":";
        if (text.size() < size) text.append(size - text.size(), 'x');
        return text;
    }

    // Empty for messages without a stamp: join notices, history, a greeting.
    static std::optional<stamp> find_in(std::string_view message) {
        const std::size_t hash = message.find('#');
        if (hash == std::string_view::npos) return std::nullopt;
        stamp found;
        const char* at = message.data() + hash + 1;
        const char* const end = message.data() + message.size();
        for (std::uint64_t* field : {&found.sequence, &found.sent_ns, &found.room}) {
            const auto number = std::from_chars(at, end, *field);
            if (number.ec != std::errc() || number.ptr == end || *number.ptr != ':') return std::nullopt;
            at = number.ptr + 1;
        }
        return found;
    }
};

}  // namespace wsload
