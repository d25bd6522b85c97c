#pragma once
// Whether the numbers of a client's JSON fit the members that they are for.

#include <optional>
#include <type_traits>

#include <nlohmann/json.hpp>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Whether a number in the JSON, at any depth, might not fit an integer of one byte: then the conversion is checked. A cast of
/// such a fraction is undefined behaviour in nlohmann/json, and larger integers lose their upper bits.
[[nodiscard]] bool has_risky_number(const nlohmann::json& json) noexcept;

/// The same JSON with a fraction that fits everything in place of each one that is risky.
[[nodiscard]] nlohmann::json without_risky_fractions(nlohmann::json json);

/// Cuts the decimals of risky fractions that are for integers, so that they are integers themselves.
/// @param written what a value made of without_risky_fractions() is written as: it shows which members are integers.
/// @returns false if one of them has no integer of 64 bits.
[[nodiscard]] bool cut_fractions_of_integers(nlohmann::json& json, const nlohmann::json& written) noexcept;

/// Whether no integer in the JSON has lost its upper bits in the value that is written like this. A program's own conversion may
/// have changed numbers in other ways.
[[nodiscard]] bool keeps_integers(const nlohmann::json& json, const nlohmann::json& written) noexcept;

/// The value of a JSON, by nlohmann/json's from_json; nothing if a number does not fit the member that it is for. That is found
/// out by writing the value again, and only if the JSON has numbers that may not fit.
/// @throws what from_json throws.
template <class Message>
[[nodiscard]] std::optional<Message> checked_value(const nlohmann::json& json) {
    if constexpr (std::is_constructible_v<nlohmann::json, const Message&>) {
        if (has_risky_number(json)) {
            nlohmann::json safe = json;
            const nlohmann::json written = without_risky_fractions(json).get<Message>();
            if (!cut_fractions_of_integers(safe, written)) return std::nullopt;
            auto value = safe.get<Message>();
            if (!keeps_integers(safe, nlohmann::json(value))) return std::nullopt;
            return value;
        }
    }
    return json.get<Message>();
}

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/protocols/impl/json_numbers.ipp>
#endif
