#pragma once
// The messages of a history as roompp.v1 sends it.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace support {

/// The texts of the messages in a history.
[[nodiscard]] inline std::vector<std::string> message_texts(const nlohmann::json& history) {
    std::vector<std::string> texts;
    for (const auto& message : history.at("messages")) texts.push_back(message.at("message"));
    return texts;
}

}  // namespace support
