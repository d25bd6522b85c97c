#pragma once
// The events of an event stream, read from its text.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A server-sent event.
struct server_event {
    std::string type = "message";
    std::string data;
    std::string id;  ///< the last one that the stream has named until then
};

/// Reads events as a browser's EventSource does (HTML, section 9.2.6), in whatever parts their text comes. Comments are passed
/// over.
class event_reader {
public:
    /// Takes more of the text.
    void take(std::string_view text) { unread_.append(text); }
    /// The next event that is whole, if there is one.
    [[nodiscard]] std::optional<server_event> next() {
        for (;;) {
            const std::size_t end = unread_.find_first_of("\r\n");
            // A "\n" may still come after a "\r" that is the last so far.
            if (end == std::string::npos || (unread_[end] == '\r' && end + 1 == unread_.size())) return std::nullopt;
            const std::string line = unread_.substr(0, end);
            unread_.erase(0, end + (unread_.compare(end, 2, "\r\n") == 0 ? 2 : 1));
            if (!line.empty()) {
                take_field(line);
            } else if (auto event = finish()) {
                return event;
            }
        }
    }

private:
    void take_field(std::string_view line) {
        const std::size_t colon = line.find(':');
        const std::string_view name = line.substr(0, colon);
        std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
        if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        if (name == "data") {
            if (has_data_) coming_.data += '\n';
            coming_.data += value;
            has_data_ = true;
        } else if (name == "event") {
            coming_.type = value.empty() ? "message" : value;
        } else if (name == "id") {
            id_ = value;
        }
    }
    // Without data it is none, and is forgotten.
    std::optional<server_event> finish() {
        server_event whole = std::exchange(coming_, {});
        whole.id = id_;
        if (!std::exchange(has_data_, false)) return std::nullopt;
        return whole;
    }

    std::string unread_;
    server_event coming_;
    std::string id_;
    bool has_data_ = false;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
