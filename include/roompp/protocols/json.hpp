#pragma once
// Add-on: bounded parsing of JSON and CBOR that come from clients. Uses nlohmann/json; not part of the umbrella header.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <roompp/config.hpp>
#include <roompp/rooms/rooms.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Maximum nesting of arrays and objects in a client's JSON or CBOR. Parsing, writing and destroying a value are recursive:
/// without a bound, a text of nothing but brackets would overflow the stack and end the process.
inline constexpr std::size_t max_json_levels = 100;

/// Parses a client's text as JSON (RFC 8259). Does not throw on any input. Safe from any thread.
/// @returns a value that is_discarded() if the text is not JSON, or is nested more deeply than max_json_levels.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);

/// Parses a client's bytes as CBOR (RFC 8949), with the same bound; tags are rejected. Does not throw on any input. Safe
/// from any thread.
/// @returns a value that is_discarded() if the bytes are not CBOR, or are nested more deeply than max_json_levels.
[[nodiscard]] nlohmann::json parse_cbor(std::string_view bytes);

/// The string under `key` of a JSON object. Does not throw on any input. Safe from any thread.
/// @returns nothing if the text is not a JSON object with a string under that key.
[[nodiscard]] std::optional<std::string> json_string(std::string_view text, const char* key);

/// Lets nlohmann/json write the entries of rooms::list(): `{"name": ..., "members": ...}`.
void to_json(nlohmann::json& json, const room_info& room);

/// The name of max_json_levels before 0.2; goes with 0.3.
[[deprecated("use roompp::max_json_levels")]] inline constexpr std::size_t most_json_levels = max_json_levels;

namespace detail {

/// A value as JSON text, without spaces. Strings that are not UTF-8 are repaired with U+FFFD instead of throwing: they may
/// come from anywhere in the application.
[[nodiscard]] std::string write_json(const nlohmann::json& json);
/// A value as CBOR (RFC 8949).
[[nodiscard]] std::string write_cbor(const nlohmann::json& json);

}  // namespace detail

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/protocols/impl/json.ipp>
#endif
