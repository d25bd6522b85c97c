#pragma once
// Catch2, and JSON as it shows it: by itself it would take a value for a range of ranges without end.

#include <string>

#include <nlohmann/json.hpp>

#include "catch.hpp"

template <>
struct Catch::StringMaker<nlohmann::json> {
    static std::string convert(const nlohmann::json& value) {
        return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
};
