#pragma once
// The text of the failure that an action ends with.

#include <string>
#include <string_view>

#include <roompp/testing/failure.hpp>

namespace support {

/// Runs the action. @returns the text of the failure that it throws.
template <class Action>
std::string story_of(Action&& action) {
    try {
        action();
    } catch (const roompp::testing::failure& e) {
        return e.what();
    }
    return "(nothing failed)";
}

/// Whether a text contains a part.
inline bool says(std::string_view story, std::string_view part) { return story.find(part) != std::string_view::npos; }

}  // namespace support
