#include <roompp/config.hpp>

#include <string>

#include "support/catch.hpp"

TEST_CASE("The version says the same in numbers and in text", "[config]") {
    CHECK(ROOMPP_VERSION == std::to_string(ROOMPP_VERSION_MAJOR) + '.' + std::to_string(ROOMPP_VERSION_MINOR) + '.' +
                                std::to_string(ROOMPP_VERSION_PATCH));
}
