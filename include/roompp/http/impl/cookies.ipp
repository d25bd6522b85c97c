#pragma once
// Definitions of <roompp/http/cookies.hpp>.

#include <algorithm>
#include <cstddef>

#include <roompp/http/cookies.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL std::optional<std::string> cookie_value(std::string_view field, std::string_view name) {
    while (!field.empty()) {
        std::string_view pair = field.substr(0, field.find(';'));
        field.remove_prefix((std::min)(field.size(), pair.size() + 1));
        pair.remove_prefix((std::min)(pair.size(), pair.find_first_not_of(' ')));
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name)
            return std::string(pair.substr(equals + 1));
    }
    return std::nullopt;
}

ROOMPP_NAMESPACE_END
