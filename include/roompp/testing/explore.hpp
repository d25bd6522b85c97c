#pragma once
// Runs one test in many orders of events.

#include <cstdint>
#include <exception>
#include <initializer_list>
#include <string>
#include <type_traits>

#include <roompp/config.hpp>
#include <roompp/testing/failure.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace detail {

/// The seed, and how to run it alone.
[[nodiscard]] std::string describe_seed(std::uint64_t seed);
/// Writes the seed of a failed test to the standard error output.
void print_failed_seed(std::uint64_t seed);

template <class Test>
void run_with_seed(std::uint64_t seed, Test& test) {
    static_assert(std::is_invocable_v<Test&, std::uint64_t>,
                  "roompp: the test of explore() takes the seed and gives it to its world: "
                  "[](std::uint64_t seed) { ...; roompp::testing::world world(server, seed); ... }");
    try {
        test(seed);
    } catch (const std::exception& e) {
        std::throw_with_nested(failure(describe_seed(seed) + ": " + e.what()));
    } catch (...) {  // a test framework's own exception: must reach it as it is
        print_failed_seed(seed);
        throw;
    }
}

}  // namespace detail

/// Runs a test with the seeds 0 to `seeds` - 1: `test(std::uint64_t seed)`, which makes its own server and world, and
/// throws if something is wrong (with Catch2: REQUIRE, not CHECK).
/// @throws failure that names the first seed with which the test fails, with the test's exception nested. Exceptions
/// not derived from std::exception pass through, and the seed is written to the standard error output.
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

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/explore.ipp>
#endif
