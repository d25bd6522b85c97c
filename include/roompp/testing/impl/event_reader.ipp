#pragma once
// Reads server-sent events: definitions.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/testing/event_reader.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

ROOMPP_DECL std::optional<server_event> event_reader::next() {
    for (;;) {
        const std::size_t end = buffer_.find_first_of("\r\n");
        // The "\n" of a "\r\n" may not have come yet.
        if (end == std::string::npos || (buffer_[end] == '\r' && end + 1 == buffer_.size())) return std::nullopt;
        const std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + (buffer_.compare(end, 2, "\r\n") == 0 ? 2 : 1));
        if (!line.empty()) {
            add_field(line);
        } else if (auto event = finish_event()) {
            return event;
        }
    }
}

ROOMPP_DECL void event_reader::add_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (name == "data") {
        if (has_data_) event_.data += '\n';
        event_.data += value;
        has_data_ = true;
    } else if (name == "event") {
        event_.type = value.empty() ? "message" : value;
    } else if (name == "id") {
        last_id_ = value;
    }
}

ROOMPP_DECL std::optional<server_event> event_reader::finish_event() {
    server_event event = std::exchange(event_, {});
    event.id = last_id_;
    if (!std::exchange(has_data_, false)) return std::nullopt;
    return event;
}

}  // namespace testing
ROOMPP_NAMESPACE_END
