#pragma once
// The same test in many orders of events.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <string>
#include <type_traits>

#include <roompp/config.hpp>
#include <roompp/testing/failure.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace detail {

template <class Test>
void run_with_seed(std::uint64_t seed, Test& test) {
    static_assert(std::is_invocable_v<Test&, std::uint64_t>,
                  "roompp: the test of explore() takes the seed and gives it to its world: "
                  "[](std::uint64_t seed) { ...; roompp::testing::world world(server, seed); ... }");
    const std::string advice = "with seed " + std::to_string(seed) + " (to run it alone: roompp::testing::explore({" +
                               std::to_string(seed) + "}, test))";
    try {
        test(seed);
    } catch (const std::exception& e) {
        std::throw_with_nested(failure(advice + ": " + e.what()));
    } catch (...) {  // a test framework's own: it must go on as it is
        std::fprintf(stderr, "roompp: a test has failed %s\n", advice.c_str());
        throw;
    }
}

}  // namespace detail

/// Runs a test with the seeds 0 to `seeds` - 1: `test(std::uint64_t seed)`, which makes its own server and world, and
/// throws if something is wrong (with Catch2: REQUIRE, not CHECK).
/// @throws failure that tells the first seed with which the test fails, with the test's exception nested; what is not
/// derived from std::exception is thrown on, and the seed written to the standard error output.
template <class Test>
void explore(std::uint64_t seeds, Test&& test) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) detail::run_with_seed(seed, test);
}
/// Runs a test with these seeds.
template <class Test>
void explore(std::initializer_list<std::uint64_t> seeds, Test&& test) {
    for (const std::uint64_t seed : seeds) detail::run_with_seed(seed, test);
}

}  // namespace testing
ROOMPP_NAMESPACE_END
