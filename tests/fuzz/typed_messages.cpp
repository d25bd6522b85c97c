// Fuzzes the codecs of typed messages: an input is read as JSON text, and as CBOR.
// Checked: reading throws nothing; what is read and written is read to the same; text that is written is UTF-8; and JSON that
// is parsed is written and parsed to the same.

#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <roompp/typed.hpp>

#include "driver.hpp"
#include "plain_utf8.hpp"

using fuzz::require;
using fuzz::utf8_state;

namespace messages {

struct move {
    std::string piece;
    int x = 0;
    std::uint8_t y = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(move, piece, x, y)

struct drawing {
    std::vector<double> points;
    std::map<std::string, bool> options;
    std::int64_t color = 0;
    float width = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(drawing, points, options, color, width)

}  // namespace messages

namespace {

using any_message = std::variant<messages::move, messages::drawing, std::string, std::vector<std::string>>;

// JSON has no numbers that are not finite, and writes null.
bool is_finite(const any_message& message) {
    const auto* const drawing = std::get_if<messages::drawing>(&message);
    if (!drawing) return true;
    for (const double point : drawing->points)
        if (!std::isfinite(point)) return false;
    return std::isfinite(drawing->width);
}

template <class Codec>
void check_codec(std::string_view bytes) {
    const auto message = Codec::template read<any_message>(roompp::payload(bytes, Codec::kind));
    if (!message) return;
    const std::string written = Codec::write(*message);
    if constexpr (Codec::kind == roompp::payload_kind::text) {
        require(fuzz::check_utf8(written) == utf8_state::complete, "JSON that is written is UTF-8");
        if (!is_finite(*message)) return;
    }
    const auto again = Codec::template read<any_message>(roompp::payload(written, Codec::kind));
    require(again.has_value(), "what is written is read");
    require(Codec::write(*again) == written, "what is written and read is the same");
}

}  // namespace

void fuzz::check(std::string_view bytes) {
    check_codec<roompp::json_text>(bytes);
    check_codec<roompp::cbor>(bytes);
    const auto json = roompp::parse_json(bytes);
    if (json.is_discarded()) return;
    require(check_utf8(bytes) == utf8_state::complete, "JSON that is parsed is UTF-8");
    const std::string written = roompp::detail::write_json(json);
    require(roompp::detail::write_json(roompp::parse_json(written)) == written,
            "JSON is written and parsed to the same");
    (void)roompp::json_string(bytes, "piece");
}
