#pragma once
// Add-on: rooms whose messages are values of a type. Uses nlohmann/json; not part of the umbrella header.

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <roompp/config.hpp>
#include <roompp/protocols/json.hpp>

#include <roompp/base/payload.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

template <class T>
struct is_variant : std::false_type {};
template <class... T>
struct is_variant<std::variant<T...>> : std::true_type {};

// The value, or nothing if the JSON is not that of one. A variant is the first alternative that can be read.
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
            return json.get<Message>();
        } catch (const nlohmann::json::exception&) {  // a member is missing, or of another type
            return std::nullopt;
        }
    }
}

template <class Message>
nlohmann::json to_json_value(const Message& message) {
    if constexpr (is_variant<Message>::value)
        return std::visit([](const auto& one) { return nlohmann::json(one); }, message);
    else
        return nlohmann::json(message);
}

}  // namespace detail

/// Messages as JSON text, by nlohmann/json's `from_json` and `to_json` (NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE writes them).
struct json_text {
    /// @returns the message; nothing if the payload is not the JSON of one.
    template <class Message>
    [[nodiscard]] static std::optional<Message> read(const payload& from) {
        if (!from.is_text()) return std::nullopt;
        const auto json = parse_json(from.data());
        if (json.is_discarded()) return std::nullopt;
        return detail::from_json_value<Message>(json);
    }
    /// @returns the bytes; text that is not UTF-8 is replaced.
    template <class Message>
    [[nodiscard]] static std::string write(const Message& message) {
        return detail::to_json_value(message).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
    static constexpr payload_kind kind = payload_kind::text;
};

/// Messages as CBOR (RFC 8949), in binary frames, by the same functions of nlohmann/json.
struct cbor {
    template <class Message>
    [[nodiscard]] static std::optional<Message> read(const payload& from) {
        if (!from.is_binary()) return std::nullopt;
        const auto json = parse_cbor(from.data());
        if (json.is_discarded()) return std::nullopt;
        return detail::from_json_value<Message>(json);
    }
    template <class Message>
    [[nodiscard]] static std::string write(const Message& message) {
        const std::vector<std::uint8_t> bytes = nlohmann::json::to_cbor(detail::to_json_value(message));
        return {bytes.begin(), bytes.end()};
    }
    static constexpr payload_kind kind = payload_kind::binary;
};

/// A value as a payload: the bytes live as long as this.
class encoded {
public:
    encoded(std::string bytes, payload_kind kind) : bytes_(std::move(bytes)), kind_(kind) {}
    operator payload() const noexcept { return {bytes_, kind_}; }

private:
    std::string bytes_;
    payload_kind kind_;
};

/// Policy: the room's messages are values of this type, a struct or a `std::variant` of structs. Message hooks take
/// `const Message&`; what is not one never gets to them (see rooms::on_malformed()). Rooms and members take values where
/// they take payloads: `room.broadcast(chat_message{...})`.
template <class Message, class Codec = json_text>
struct messages_of {
    using policy_kind = message_policy;
    using message_type = Message;
    [[nodiscard]] static std::optional<Message> read(const payload& from) {
        return Codec::template read<Message>(from);
    }
    [[nodiscard]] static encoded write(const Message& message) { return {Codec::write(message), Codec::kind}; }
};

/// A room of typed messages: `roompp::rooms<roompp::room<chat_message>>`. Further policies follow the message type.
template <class Message, class... Policies>
using room = basic_room<messages_of<Message>, Policies...>;

ROOMPP_NAMESPACE_END
