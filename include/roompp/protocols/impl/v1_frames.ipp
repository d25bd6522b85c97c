#pragma once
// Definitions of <roompp/protocols/v1_frames.hpp>.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <websocketpp/base64/base64.hpp>

#include <roompp/base/payload.hpp>
#include <roompp/base/utf8_validator.hpp>
#include <roompp/config.hpp>
#include <roompp/protocols/json.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace v1_frames {

namespace detail {

// Appends a character that may not stand in a JSON string as it is (RFC 8259, section 7).
ROOMPP_DECL void append_escape(std::string& quoted, char c) {
    constexpr std::string_view named = "\b\f\n\r\t\"\\";
    constexpr std::string_view letters = "bfnrt\"\\";
    constexpr std::string_view hex = "0123456789abcdef";
    if (const std::size_t i = named.find(c); i != std::string_view::npos) {
        const char escape[] = {'\\', letters[i]};
        quoted.append(escape, sizeof escape);
    } else {
        const auto code = static_cast<unsigned char>(c);
        const char escape[] = {'\\', 'u', '0', '0', hex[code >> 4U], hex[code & 0xfU]};
        quoted.append(escape, sizeof escape);
    }
}
// As nlohmann/json writes it, but 10 times faster.
[[nodiscard]] ROOMPP_DECL std::string quote(std::string_view text) {
    if (!roompp::detail::is_utf8(text)) return roompp::detail::write_json(nlohmann::json(text));
    const auto needs_escape = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; };
    std::string quoted;
    quoted.reserve(text.size() + 2);
    quoted += '"';
    for (const char *next = text.data(), *const end = next + text.size(); next != end;) {
        const char* const plain_end = std::find_if(next, end, needs_escape);
        quoted.append(next, plain_end);
        for (next = plain_end; next != end && needs_escape(*next); ++next) append_escape(quoted, *next);
    }
    quoted += '"';
    return quoted;
}
[[nodiscard]] ROOMPP_DECL std::string milliseconds(std::chrono::system_clock::time_point time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}
// `"id":...,"name":...`, and the data if there is any.
[[nodiscard]] ROOMPP_DECL std::string person_members(const person& subject) {
    std::string text = R"("id":)" + quote(subject.id) + R"(,"name":)" + quote(subject.name);
    if (!subject.data.empty()) text += R"(,"data":)" + quote(subject.data);
    return text;
}
[[nodiscard]] ROOMPP_DECL std::string event_members(const room_event& event) {
    return R"("id":)" + std::to_string(event.id) + R"(,"from":)" + person_object(event.sender) + R"(,"at":)" +
           milliseconds(event.at) + ',' + message_member(event.message);
}
// The key of event_members() among the encoded forms of a message, whatever the transport.
inline constexpr char event_members_key = 0;

}  // namespace detail

ROOMPP_DECL std::string person_object(const person* subject) {
    return subject ? '{' + detail::person_members(*subject) + '}' : "null";
}

ROOMPP_DECL std::string message_member(payload message) {
    if (message.is_text()) return R"("message":)" + detail::quote(message);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data().data());
    return R"("base64":)" + detail::quote(websocketpp::base64_encode(bytes, message.size()));
}

ROOMPP_DECL std::string json_value(std::string_view text) {
    // nlohmann/json skips a byte order mark and takes a NUL for the end: neither may stand within JSON (RFC 8259, section 8.1).
    const bool is_plain = text.find('\0') == std::string_view::npos && text.substr(0, 1) != "\xEF";
    return is_plain && nlohmann::json::accept(text) ? std::string(text) : detail::quote(text);
}

ROOMPP_DECL std::string event(const room_event& source) {
    switch (source.kind) {
        case event_kind::message:
            return R"({"type":"message",)" + detail::event_members(source) + '}';
        case event_kind::direct:
            return R"({"type":"direct","from":)" + person_object(source.sender) +
                   (source.recipient.empty() ? std::string() : R"(,"to":)" + detail::quote(source.recipient)) +
                   R"(,"at":)" + detail::milliseconds(source.at) + ',' + message_member(source.message) + '}';
        case event_kind::signal:
            return R"({"type":"signal","from":)" + person_object(source.sender) + R"(,"signal":)" +
                   json_value(source.message) + '}';
        case event_kind::join:
            return R"({"type":"join","member":{)" + detail::person_members(*source.sender) + R"(,"since":)" +
                   detail::milliseconds(source.at) + "}}";
        case event_kind::leave:
            return R"({"type":"leave","member":)" + person_object(source.sender) + '}';
    }
    return {};
}

ROOMPP_DECL std::string history(const join_snapshot& snapshot) {
    std::string text =
        snapshot.recovery == recovery::reset ? R"({"type":"reset","epoch":)" : R"({"type":"history","epoch":)";
    text += detail::quote(snapshot.epoch) + R"(,"last":)" + std::to_string(snapshot.last_id) + R"(,"you":)" +
            person_object(snapshot.self) + R"(,"messages":[)";
    const char* separator = "";
    for (const room_event& message : snapshot.messages) {
        text.append(std::exchange(separator, ",")).append("{");
        message.encoded.append_to(text, &detail::event_members_key, [&] { return detail::event_members(message); });
        text += '}';
    }
    return text += "]}";
}

ROOMPP_DECL std::string presence(std::size_t count, const std::vector<presence_entry>& people) {
    std::string text = R"({"type":"presence","count":)" + std::to_string(count) + R"(,"members":[)";
    const char* separator = "";
    for (const presence_entry& entry : people)
        text += std::exchange(separator, ",") + ('{' + detail::person_members(*entry.person)) + R"(,"since":)" +
                detail::milliseconds(entry.since) + R"(,"connections":)" + std::to_string(entry.connections) + '}';
    return text + "]}";
}

ROOMPP_DECL std::string ack(std::uint64_t number, std::uint64_t id, bool is_repeated) {
    std::string text = R"({"type":"ack")";
    if (number != 0) text += R"(,"ack":)" + std::to_string(number);
    if (id != 0) text += R"(,"id":)" + std::to_string(id);
    if (is_repeated) text += R"(,"repeated":true)";
    return text + '}';
}

ROOMPP_DECL std::string error(std::string_view code, std::string_view text, std::optional<std::uint64_t> number) {
    std::string frame = R"({"type":"error","error":)" + detail::quote(code) + R"(,"message":)" + detail::quote(text);
    if (number) frame += R"(,"ack":)" + std::to_string(*number);
    return frame + '}';
}

ROOMPP_DECL std::string rate_limited(std::optional<std::uint64_t> number) {
    return error("rate_limited", rate_limit_text, number);
}

ROOMPP_DECL std::string unavailable(std::optional<std::uint64_t> number) {
    return error("unavailable", "The room cannot keep messages just now; try again.", number);
}

}  // namespace v1_frames

ROOMPP_NAMESPACE_END
