#pragma once
// A log of what a client and the server have sent: definitions.

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/testing/conversation.hpp>
#include <roompp/testing/readable.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

ROOMPP_DECL std::string conversation::text() const {
    std::string lines;
    if (dropped_ != 0) lines += "    ... " + std::to_string(dropped_) + " before\n";
    for (const entry& event : entries_) {
        lines += "    " + seconds(event.moment) + ' ' + event.direction + ' ' + event.label;
        if (event.has_bytes) lines += ' ' + readable(event.bytes) + (event.is_truncated ? " (cut)" : "");
        lines += '\n';
    }
    return lines;
}

ROOMPP_DECL std::string conversation::seconds(time value) {
    char text[32];
    std::snprintf(text, sizeof text, "%gs", std::chrono::duration<double>(value).count());
    return text;
}

ROOMPP_DECL void conversation::add(time now, const char* direction, std::string_view label, std::string_view bytes) {
    if (entries_.size() == max_entries) {
        entries_.pop_front();
        ++dropped_;
    }
    const std::string_view shown = detail::truncate(bytes, detail::max_shown_bytes);
    entries_.push_back(
        {now, direction, std::string(label), std::string(shown), bytes.data() != nullptr, shown.size() < bytes.size()});
}

}  // namespace testing
ROOMPP_NAMESPACE_END
