#pragma once
// Reads server-sent events from the text of their stream.

#include <optional>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// A server-sent event.
struct server_event {
    std::string type = "message";
    std::string data;
    std::string id;  ///< the stream's last event id at that point; empty if it has named none
};

/// Reads events as a browser's EventSource does (HTML, section 9.2.6), in whatever parts their text comes. Comments are
/// skipped.
class event_reader {
public:
    /// Adds text of the stream.
    void append(std::string_view text) { buffer_.append(text); }
    /// The next event that is whole, if there is one.
    [[nodiscard]] std::optional<server_event> next();

private:
    void add_field(std::string_view line);
    // An event without data is none, and is dropped.
    [[nodiscard]] std::optional<server_event> finish_event();

    std::string buffer_;
    server_event event_;
    std::string last_id_;
    bool has_data_ = false;
};

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/event_reader.ipp>
#endif
