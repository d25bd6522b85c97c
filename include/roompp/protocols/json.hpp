#pragma once
// Add-on: what JSON needs of rooms. Uses nlohmann/json; not part of the umbrella header.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <roompp/base/integer_cast.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

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
            most = (std::max)(most, ++level);
        else if (!in_string && (c == ']' || c == '}') && level != 0)
            --level;
    }
    return most;
}

}  // namespace detail

/// How deeply the JSON or CBOR of a client may be nested. What is done with it is recursive: without a bound, a text that is
/// nothing but brackets would end the process.
inline constexpr std::size_t most_json_levels = 100;

namespace detail {

// Whether CBOR (RFC 8949, section 3) is nested no more deeply than that, and no part of it is longer than the whole. A
// string in pieces counts as a level, because it is read like one. Has to follow the structure only as far as it is right.
[[nodiscard]] inline bool is_modest_cbor(std::string_view bytes) noexcept {
    constexpr std::uint64_t until_break = (std::numeric_limits<std::uint64_t>::max)();
    std::array<std::uint64_t, most_json_levels> items_left{};  // of each level that is open
    std::size_t level = 0;
    std::size_t at = 0;
    const auto take = [&] { return static_cast<unsigned char>(bytes[at++]); };
    do {
        if (at == bytes.size()) return false;
        const unsigned first = take();
        if (first == 0xffU) {
            if (level == 0 || items_left[level - 1] != until_break) return false;
            --level;
        } else {
            const unsigned kind = first >> 5U;
            const unsigned how_long = first & 0x1fU;
            std::uint64_t value = how_long;
            if (how_long >= 24 && how_long <= 27) {
                const std::size_t size = std::size_t{1} << (how_long - 24);
                if (bytes.size() - at < size) return false;
                value = 0;
                for (std::size_t i = 0; i < size; ++i) value = value << 8U | take();
            } else if (how_long > 27 && how_long < 31) {
                return false;
            }
            const bool is_string = kind == 2 || kind == 3;
            const bool is_container = kind == 4 || kind == 5;
            const bool is_endless = how_long == 31;
            if ((is_endless && !is_string && !is_container) || kind == 6) return false;  // tags are not read
            if ((is_string || is_container) && !is_endless && value > bytes.size() - at) return false;
            if (is_endless || (is_container && value != 0)) {
                if (level == items_left.size()) return false;
                items_left[level++] = is_endless ? until_break : kind == 5 ? 2 * value : value;
                continue;
            }
            if (is_string) at += integer_cast<std::size_t>(value);
        }
        while (level != 0 && items_left[level - 1] != until_break && --items_left[level - 1] == 0) --level;
    } while (level != 0);
    return true;
}

}  // namespace detail

/// A client's text as JSON; a value that is_discarded() if it is none, or nested more deeply than most_json_levels. Does not
/// throw on any input.
[[nodiscard]] inline nlohmann::json parse_json(std::string_view text) {
    if (detail::json_levels(text) > most_json_levels) return nlohmann::json(nlohmann::json::value_t::discarded);
    return nlohmann::json::parse(text, nullptr, false);
}

/// A client's bytes as CBOR, in the same way; tags are not read.
[[nodiscard]] inline nlohmann::json parse_cbor(std::string_view bytes) {
    if (!detail::is_modest_cbor(bytes)) return nlohmann::json(nlohmann::json::value_t::discarded);
    return nlohmann::json::from_cbor(bytes, true, false);
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

ROOMPP_NAMESPACE_END
