#pragma once
// Definitions of <roompp/protocols/json.hpp>.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <roompp/base/integer_cast.hpp>
#include <roompp/config.hpp>
#include <roompp/protocols/json.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

// The maximum nesting of arrays and objects in a JSON text. Text that is not JSON gives any number.
[[nodiscard]] ROOMPP_DECL std::size_t json_depth(std::string_view text) noexcept {
    std::size_t level = 0;
    std::size_t max_level = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string && c == '\\')
            ++i;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{'))
            max_level = (std::max)(max_level, ++level);
        else if (!in_string && (c == ']' || c == '}') && level != 0)
            --level;
    }
    return max_level;
}

// Checks CBOR (RFC 8949, section 3) before it is parsed: nested no more deeply than max_json_levels, and no string or
// container longer than the input. A string in pieces counts as a level, because the parser recurses for it. The structure
// is followed only as long as it is valid; what is wrong otherwise is left to the parser.
class cbor_bounds_check {
public:
    explicit cbor_bounds_check(std::string_view bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] bool passes() noexcept {
        do {
            if (position_ == bytes_.size() || !read_item()) return false;
        } while (level_ != 0);
        return true;
    }

private:
    static constexpr std::uint64_t until_break = (std::numeric_limits<std::uint64_t>::max)();
    static constexpr unsigned break_byte = 0xff;
    static constexpr unsigned indefinite_length = 31;  // section 3.2
    enum major_type : unsigned { byte_string = 2, text_string = 3, array = 4, map = 5, tag = 6 };

    [[nodiscard]] bool read_item() noexcept {
        const unsigned first = read_byte();
        if (first == break_byte) {
            if (level_ == 0 || items_left_[level_ - 1] != until_break) return false;
            --level_;
            close_full_levels();
            return true;
        }
        const unsigned type = first >> 5U;
        const unsigned length_code = first & 0x1fU;
        std::uint64_t value = 0;
        if (!read_argument(length_code, value)) return false;
        const bool is_string = type == byte_string || type == text_string;
        const bool is_container = type == array || type == map;
        const bool is_indefinite = length_code == indefinite_length;
        if ((is_indefinite && !is_string && !is_container) || type == tag) return false;
        if ((is_string || is_container) && !is_indefinite && value > bytes_.size() - position_) return false;
        if (is_indefinite || (is_container && value != 0))
            return open_level(is_indefinite ? until_break : type == map ? 2 * value : value);
        if (is_string) position_ += integer_cast<std::size_t>(value);
        close_full_levels();
        return true;
    }

    // The argument of an item's head (section 3): in the first byte, or in the 1, 2, 4 or 8 bytes behind it.
    [[nodiscard]] bool read_argument(unsigned length_code, std::uint64_t& value) noexcept {
        value = length_code;
        if (length_code > 27 && length_code < indefinite_length) return false;
        if (length_code < 24 || length_code == indefinite_length) return true;
        const std::size_t size = std::size_t{1} << (length_code - 24);
        if (bytes_.size() - position_ < size) return false;
        value = 0;
        for (std::size_t i = 0; i < size; ++i) value = value << 8U | read_byte();
        return true;
    }

    [[nodiscard]] bool open_level(std::uint64_t items) noexcept {
        if (level_ == items_left_.size()) return false;
        items_left_[level_++] = items;
        return true;
    }
    void close_full_levels() noexcept {
        while (level_ != 0 && items_left_[level_ - 1] != until_break && --items_left_[level_ - 1] == 0) --level_;
    }
    [[nodiscard]] unsigned read_byte() noexcept { return static_cast<unsigned char>(bytes_[position_++]); }

    std::string_view bytes_;
    std::array<std::uint64_t, max_json_levels> items_left_{};  // of each open level
    std::size_t level_ = 0;
    std::size_t position_ = 0;
};

ROOMPP_DECL std::string write_json(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
ROOMPP_DECL std::string write_cbor(const nlohmann::json& json) {
    const std::vector<std::uint8_t> bytes = nlohmann::json::to_cbor(json);
    return {bytes.begin(), bytes.end()};
}

}  // namespace detail

ROOMPP_DECL nlohmann::json parse_json(std::string_view text) {
    // nlohmann/json takes a NUL for the end of the text.
    const bool has_nul = text.find('\0') != std::string_view::npos;
    if (has_nul || detail::json_depth(text) > max_json_levels)
        return nlohmann::json(nlohmann::json::value_t::discarded);
    return nlohmann::json::parse(text, nullptr, false);
}

ROOMPP_DECL nlohmann::json parse_cbor(std::string_view bytes) {
    if (!detail::cbor_bounds_check(bytes).passes()) return nlohmann::json(nlohmann::json::value_t::discarded);
    return nlohmann::json::from_cbor(bytes, true, false);
}

ROOMPP_DECL std::optional<std::string> json_string(std::string_view text, const char* key) {
    const auto json = parse_json(text);
    if (!json.is_object()) return std::nullopt;
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

ROOMPP_DECL void to_json(nlohmann::json& json, const room_info& room) {
    json = {{"name", room.name}, {"members", room.members}};
}

ROOMPP_NAMESPACE_END
