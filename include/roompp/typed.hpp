#pragma once
// Add-on: rooms whose messages are values of a type. Uses nlohmann/json; not part of the umbrella header.

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include <roompp/config.hpp>
#include <roompp/protocols/json.hpp>
#include <roompp/protocols/json_numbers.hpp>

#include <roompp/base/payload.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

template <class T>
struct is_variant : std::false_type {};
template <class... T>
struct is_variant<std::variant<T...>> : std::true_type {};

// The value; nothing if the JSON does not fit the type. A variant becomes the first of its alternatives that fits.
template <class Message>
std::optional<Message> from_json_value(const nlohmann::json& json);

template <class Variant, std::size_t I = 0>
std::optional<Variant> first_alternative(const nlohmann::json& json) {
    if constexpr (I == std::variant_size_v<Variant>) {
        return std::nullopt;
    } else {
        if (auto value = from_json_value<std::variant_alternative_t<I, Variant>>(json))
            return Variant(std::move(*value));
        return first_alternative<Variant, I + 1>(json);
    }
}

template <class Message>
std::optional<Message> from_json_value(const nlohmann::json& json) {
    if constexpr (is_variant<Message>::value) {
        return first_alternative<Message>(json);
    } else {
        try {
            return checked_value<Message>(json);
        } catch (const nlohmann::json::exception&) {  // a member is missing or has another type
            return std::nullopt;
        }
    }
}

template <class Message>
nlohmann::json to_json_value(const Message& message) {
    if constexpr (is_variant<Message>::value)
        return std::visit([](const auto& alternative) { return nlohmann::json(alternative); }, message);
    else
        return nlohmann::json(message);
}

}  // namespace detail

/// Codec: messages as JSON text (RFC 8259), by nlohmann/json's `from_json` and `to_json`
/// (NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE writes them). Safe from any thread.
struct json_text {
    /// @returns the message; nothing if the payload is not the JSON of one, a number does not fit its member, or it is nested
    /// more deeply than max_json_levels.
    template <class Message>
    [[nodiscard]] static std::optional<Message> read(const payload& message) {
        if (!message.is_text()) return std::nullopt;
        const auto json = parse_json(message.data());
        if (json.is_discarded()) return std::nullopt;
        return detail::from_json_value<Message>(json);
    }
    /// @returns the text; strings that are not UTF-8 are repaired with U+FFFD.
    template <class Message>
    [[nodiscard]] static std::string write(const Message& message) {
        return detail::write_json(detail::to_json_value(message));
    }
    static constexpr payload_kind kind = payload_kind::text;
};

/// Codec: messages as CBOR (RFC 8949) in binary frames, by the same functions of nlohmann/json. Safe from any thread.
struct cbor {
    /// @returns the message; nothing if the payload is not the CBOR of one, a number does not fit its member, or it is nested
    /// more deeply than max_json_levels.
    template <class Message>
    [[nodiscard]] static std::optional<Message> read(const payload& message) {
        if (!message.is_binary()) return std::nullopt;
        const auto json = parse_cbor(message.data());
        if (json.is_discarded()) return std::nullopt;
        return detail::from_json_value<Message>(json);
    }
    /// @returns the bytes.
    template <class Message>
    [[nodiscard]] static std::string write(const Message& message) {
        return detail::write_cbor(detail::to_json_value(message));
    }
    static constexpr payload_kind kind = payload_kind::binary;
};

/// An encoded value that owns its bytes: converts to a payload that is valid as long as this.
class encoded {
public:
    encoded(std::string bytes, payload_kind kind) : bytes_(std::move(bytes)), kind_(kind) {}
    operator payload() const noexcept { return {bytes_, kind_}; }

private:
    std::string bytes_;
    payload_kind kind_;
};

/// Policy: the room's messages are values of this type, a struct or a `std::variant` of structs. Message hooks take
/// `const Message&`; what can't be read as one goes to rooms::on_malformed() instead. Rooms and members take values where
/// they take payloads: `room.broadcast(chat_message{...})`.
/// @tparam Codec reads and writes messages: json_text, cbor, or any type with their three members.
template <class Message, class Codec = json_text>
struct messages_of {
    using policy_kind = message_policy;
    using message_type = Message;
    /// The value in a payload; nothing if it can't be read as one.
    [[nodiscard]] static std::optional<Message> read(const payload& message) {
        return Codec::template read<Message>(message);
    }
    /// A value as a payload.
    [[nodiscard]] static encoded write(const Message& message) { return {Codec::write(message), Codec::kind}; }
};

/// A room of typed messages: `roompp::rooms<roompp::room<chat_message>>`. Further policies follow the message type.
template <class Message, class... Policies>
using room = basic_room<messages_of<Message>, Policies...>;

ROOMPP_NAMESPACE_END
