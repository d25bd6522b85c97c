#pragma once
// Definitions of <roompp/protocols/json_numbers.hpp>.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include <roompp/config.hpp>
#include <roompp/protocols/json_numbers.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// Those that every integer type can hold, without their decimals.
[[nodiscard]] ROOMPP_DECL bool is_risky_fraction(const nlohmann::json& json) noexcept {
    if (!json.is_number_float()) return false;
    const double number = *json.get_ptr<const double*>();
    return !(number > -1 && number < 128);
}
[[nodiscard]] ROOMPP_DECL bool is_risky_integer(const nlohmann::json& json) noexcept {
    if (!json.is_number_integer()) return false;
    if (json.is_number_unsigned()) return *json.get_ptr<const std::uint64_t*>() > 127;
    const std::int64_t number = *json.get_ptr<const std::int64_t*>();
    return number < 0 || number > 127;
}

// Calls `visit(value, written)` for each value in both that is no container; stops at the first false.
template <class Json, class Visit>
[[nodiscard]] bool visit_both(Json& json, const nlohmann::json& written, const Visit& visit) {
    if (json.is_object() && written.is_object()) {
        for (auto it = json.begin(); it != json.end(); ++it) {
            const auto found = written.find(it.key());
            if (found != written.end() && !visit_both(*it, *found, visit)) return false;
        }
        return true;
    }
    if (json.is_array() && written.is_array()) {
        for (std::size_t i = 0; i < json.size() && i < written.size(); ++i)
            if (!visit_both(json[i], written[i], visit)) return false;
        return true;
    }
    return json.is_structured() || written.is_structured() || visit(json, written);
}

[[nodiscard]] ROOMPP_DECL bool cut_fraction(nlohmann::json& json) noexcept {
    constexpr double two_to_63 = 9223372036854775808.0;
    const double number = std::trunc(*json.get_ptr<const double*>());
    if (number >= -two_to_63 && number < two_to_63)
        json = static_cast<std::int64_t>(number);
    else if (number >= two_to_63 && number < 2 * two_to_63)
        json = static_cast<std::uint64_t>(number);
    else
        return false;
    return true;
}

// The bits of an integer, and whether it is below zero.
[[nodiscard]] ROOMPP_DECL std::pair<std::uint64_t, bool> bits_of(const nlohmann::json& integer) noexcept {
    if (integer.is_number_unsigned()) return {*integer.get_ptr<const std::uint64_t*>(), false};
    const std::int64_t number = *integer.get_ptr<const std::int64_t*>();
    return {static_cast<std::uint64_t>(number), number < 0};
}

// Whether an integer became another one of which it has the lower 8, 16, 32 or 64 bits.
[[nodiscard]] ROOMPP_DECL bool has_lost_bits(const nlohmann::json& integer, const nlohmann::json& written) noexcept {
    const auto [bits, is_negative] = bits_of(integer);
    const auto [written_bits, is_written_negative] = bits_of(written);
    if (bits == written_bits) return is_negative != is_written_negative;
    for (const unsigned width : {8U, 16U, 32U}) {
        const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
        const std::uint64_t sign = std::uint64_t{1} << (width - 1);
        const std::uint64_t low_bits = bits & mask;
        const std::uint64_t extended = (low_bits & sign) != 0 ? low_bits | ~mask : low_bits;
        if (written_bits == low_bits && !is_written_negative) return true;
        if (written_bits == extended && is_written_negative == ((low_bits & sign) != 0)) return true;
    }
    return false;
}

ROOMPP_DECL bool has_risky_number(const nlohmann::json& json) noexcept {
    if (!json.is_structured()) return is_risky_fraction(json) || is_risky_integer(json);
    for (const auto& element : json)
        if (has_risky_number(element)) return true;
    return false;
}

ROOMPP_DECL nlohmann::json without_risky_fractions(nlohmann::json json) {
    constexpr double harmless = 0.5;
    if (is_risky_fraction(json)) return harmless;
    if (json.is_structured())
        for (auto& element : json) element = without_risky_fractions(std::move(element));
    return json;
}

ROOMPP_DECL bool cut_fractions_of_integers(nlohmann::json& json, const nlohmann::json& written) noexcept {
    return visit_both(json, written, [](nlohmann::json& number, const nlohmann::json& member) {
        return !is_risky_fraction(number) || !member.is_number_integer() || cut_fraction(number);
    });
}

ROOMPP_DECL bool keeps_integers(const nlohmann::json& json, const nlohmann::json& written) noexcept {
    return visit_both(json, written, [](const nlohmann::json& number, const nlohmann::json& member) {
        return !is_risky_integer(number) || !member.is_number_integer() || !has_lost_bits(number, member);
    });
}

}  // namespace detail
ROOMPP_NAMESPACE_END
