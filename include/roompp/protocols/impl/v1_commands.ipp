#pragma once
// Definitions of <roompp/protocols/v1_commands.hpp>.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/protocols/json.hpp>
#include <roompp/protocols/v1_commands.hpp>
#include <roompp/protocols/v1_frames.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

// Finds the `ack` number of a text without parsing it, which need not even be JSON: a page that has sent half an emoji waits
// for an answer all the same.
class ack_scanner {
public:
    explicit ack_scanner(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] std::optional<std::uint64_t> find() noexcept {
        std::size_t level = 0;
        while (position_ < text_.size()) {
            const char c = text_[position_++];
            if (c == '{' || c == '[') ++level;
            if ((c == '}' || c == ']') && level != 0) --level;
            if (c == '"' && read_string() == "ack" && level == 1 && read_colon()) return read_number();
        }
        return std::nullopt;
    }

private:
    // Behind its first quote, as it is written.
    [[nodiscard]] std::string_view read_string() noexcept {
        const std::size_t start = position_;
        while (position_ < text_.size() && text_[position_] != '"') position_ += text_[position_] == '\\' ? 2 : 1;
        position_ = (std::min)(position_, text_.size());
        const auto string = text_.substr(start, position_ - start);
        if (position_ < text_.size()) ++position_;
        return string;
    }
    [[nodiscard]] bool read_colon() noexcept {
        skip_spaces();
        if (position_ == text_.size() || text_[position_] != ':') return false;
        ++position_;
        skip_spaces();
        return true;
    }
    [[nodiscard]] std::optional<std::uint64_t> read_number() noexcept {
        constexpr std::size_t max_digits = 16;  // of 2^53 - 1
        const std::size_t start = position_;
        std::uint64_t number = 0;
        while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
            if (position_ - start == max_digits) return std::nullopt;
            number = number * 10 + static_cast<unsigned>(text_[position_++] - '0');
        }
        const std::size_t end = position_;
        skip_spaces();
        const bool has_ended = position_ < text_.size() && (text_[position_] == ',' || text_[position_] == '}');
        if (end == start || text_[start] == '0' || !has_ended) return std::nullopt;
        return number;
    }
    void skip_spaces() noexcept { position_ = (std::min)(text_.find_first_not_of(" \t\r\n", position_), text_.size()); }

    std::string_view text_;
    std::size_t position_ = 0;
};

// Nothing for a number that a page can't count to, or that counts nothing.
[[nodiscard]] ROOMPP_DECL std::optional<std::uint64_t> valid_ack_number(std::optional<std::uint64_t> number) noexcept {
    constexpr std::uint64_t number_limit = std::uint64_t{1} << 53U;
    return number && *number != 0 && *number < number_limit ? number : std::nullopt;
}

// Reads one frame into a command: a function for each type of frame.
class v1_command_reader {
public:
    v1_command_reader(payload frame, v1_permissions allowed)
        : json_(frame.is_text() ? parse_json(frame.data()) : nlohmann::json()), allowed_(allowed) {
        command_.frame_size = frame.size();
        command_.ack_number = json_.is_discarded() ? parse_v1_ack_number(frame) : ack_number(json_);
    }

    [[nodiscard]] v1_command read() {
        if (!json_.is_object())
            reject("malformed", R"(Send a JSON object, such as {"type": "message", "message": "hi"}.)");
        else
            read_object();
        return std::move(command_);
    }

private:
    [[nodiscard]] static std::optional<std::uint64_t> ack_number(const nlohmann::json& frame) {
        if (!frame.is_object()) return std::nullopt;
        const auto found = frame.find("ack");
        if (found == frame.end() || !found->is_number_unsigned()) return std::nullopt;
        return valid_ack_number(found->get<std::uint64_t>());
    }

    void read_object() {
        const std::string type = find_string("type").value_or("message");
        if (type == "ping")
            command_.action = v1_ping{};
        else if (type == "signal")
            read_signal();
        else if (type == "direct")
            read_direct();
        else if (type == "message")
            read_message();
        else
            reject("unknown_type", "Unknown message type: send 'message', 'direct', 'signal' or 'ping'.");
    }

    void read_signal() {
        const auto found = json_.find("signal");
        if (!allowed_.client_signals)
            reject("unknown_type", "Signals are disabled.");
        else if (found == json_.end())
            reject("malformed", "A signal needs a member 'signal'.");
        else
            command_.action = v1_signal{write_json(*found)};
    }

    void read_direct() {
        auto text = find_string("message");
        auto recipient = find_string("to");
        if (!text)
            reject_message_without_text();
        else if (!allowed_.direct_messages)
            reject("unknown_type", "Private messages are disabled.");
        else if (!recipient)
            reject("malformed", "A private message needs a member 'to' that is a string: a person's id.");
        else
            command_.action = v1_direct{std::move(*recipient), std::move(*text)};
    }

    void read_message() {
        auto text = find_string("message");
        if (!text) return reject_message_without_text();
        std::string key;
        if (const auto found = json_.find("key"); found != json_.end()) {
            if (found->is_string()) key = found->get<std::string>();
            if (!is_valid_key(key)) return reject("malformed", "A 'key' is a string of 1 to 64 characters.");
        }
        command_.action = v1_message{std::move(*text), std::move(key)};
    }
    [[nodiscard]] static bool is_valid_key(std::string_view key) noexcept {
        constexpr std::ptrdiff_t max_characters = 64;
        const auto is_first_byte = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; };
        return !key.empty() && std::count_if(key.begin(), key.end(), is_first_byte) <= max_characters;
    }

    void reject_message_without_text() { reject("malformed", "A message needs a member 'message' that is a string."); }
    void reject(std::string_view code, std::string_view text) {
        command_.action = v1_invalid{v1_frames::error(code, text, command_.ack_number)};
    }

    [[nodiscard]] std::optional<std::string> find_string(const char* key) const {
        const auto found = json_.find(key);
        if (found == json_.end() || !found->is_string()) return std::nullopt;
        return found->get<std::string>();
    }

    nlohmann::json json_;
    v1_permissions allowed_;
    v1_command command_;
};

ROOMPP_DECL v1_command parse_v1_command(payload frame, v1_permissions allowed) {
    return v1_command_reader(frame, allowed).read();
}

ROOMPP_DECL std::optional<std::uint64_t> parse_v1_ack_number(payload frame) {
    if (!frame.is_text()) return std::nullopt;
    return valid_ack_number(ack_scanner(frame.data()).find());
}

}  // namespace detail

ROOMPP_NAMESPACE_END
