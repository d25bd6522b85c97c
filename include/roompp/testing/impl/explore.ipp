#pragma once
// Runs one test in many orders of events: definitions.

#include <cstdint>
#include <cstdio>
#include <string>

#include <roompp/config.hpp>
#include <roompp/testing/explore.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {
namespace detail {

ROOMPP_DECL std::string describe_seed(std::uint64_t seed) {
    const std::string number = std::to_string(seed);
    return "with seed " + number + " (to run it alone: roompp::testing::explore({" + number + "}, test))";
}

ROOMPP_DECL void print_failed_seed(std::uint64_t seed) {
    std::fprintf(stderr, "roompp: a test has failed %s\n", describe_seed(seed).c_str());
}

}  // namespace detail
}  // namespace testing
ROOMPP_NAMESPACE_END
