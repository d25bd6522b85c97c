#pragma once
// Add-on: what JSON needs of rooms. Uses nlohmann/json; not part of the umbrella header.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <roompp/core/rooms.hpp>

namespace roompp {

/// The string under `key` of a JSON object; nothing if the text is no JSON object with a string there. Does not throw on
/// any input.
[[nodiscard]] inline std::optional<std::string> json_string(std::string_view text, const char* key) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
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
