#pragma once
// A log of what a client and the server have sent, for the message of a failed test.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// The last 20 events of a connection; of older ones only the number.
class conversation {
public:
    /// The time since the start of the world.
    using time = loop::clock::duration;

    /// Adds what the client has sent. Bytes without data are none: the label stands alone.
    void add_sent(time now, std::string_view label, std::string_view bytes) { add(now, "->", label, bytes); }
    /// Adds what the client has received.
    void add_received(time now, std::string_view label, std::string_view bytes) { add(now, "<-", label, bytes); }
    /// Adds an event without bytes.
    void add_event(time now, std::string_view label) { add(now, "--", label, {}); }

    /// The log, an event a line.
    [[nodiscard]] std::string text() const;

    /// A time as `12.5s`.
    [[nodiscard]] static std::string seconds(time value);

private:
    struct entry {
        time moment;
        const char* direction;
        std::string label;
        std::string bytes;
        bool has_bytes;
        bool is_truncated;
    };
    static constexpr std::size_t max_entries = 20;

    void add(time now, const char* direction, std::string_view label, std::string_view bytes);

    std::deque<entry> entries_;
    std::size_t dropped_ = 0;
};

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/conversation.ipp>
#endif
