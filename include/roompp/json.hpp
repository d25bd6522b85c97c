#pragma once
// Add-on: what JSON needs of rooms. Uses nlohmann/json; not part of the umbrella header.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <roompp/core/rooms.hpp>

namespace roompp {

namespace detail {

// How many arrays and objects are within one another.
[[nodiscard]] inline std::size_t json_levels(std::string_view text) noexcept {
    std::size_t level = 0;
    std::size_t most = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string && c == '\\')
            ++i;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{'))
            most = std::max(most, ++level);
        else if (!in_string && (c == ']' || c == '}') && level != 0)
            --level;
    }
    return most;
}

}  // namespace detail

/// How deeply the JSON of a client may be nested. What is done with JSON is recursive: without a bound, a text that is
/// nothing but brackets would end the process.
inline constexpr std::size_t most_json_levels = 100;

/// A client's text as JSON; a value that is_discarded() if it is none, or nested more deeply than most_json_levels. Does not
/// throw on any input.
[[nodiscard]] inline nlohmann::json parse_json(std::string_view text) {
    if (detail::json_levels(text) > most_json_levels) return nlohmann::json(nlohmann::json::value_t::discarded);
    return nlohmann::json::parse(text, nullptr, false);
}

/// The string under `key` of a JSON object; nothing if the text is no JSON object with a string there. Does not throw on
/// any input.
[[nodiscard]] inline std::optional<std::string> json_string(std::string_view text, const char* key) {
    const auto json = parse_json(text);
    if (!json.is_object()) return std::nullopt;
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

/// Lets nlohmann/json write what rooms::list() returns: `{"name": ..., "members": ...}`.
inline void to_json(nlohmann::json& json, const room_info& room) {
    json = {{"name", room.name}, {"members", room.members}};
}

}  // namespace roompp
