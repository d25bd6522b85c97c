#pragma once
// How the harness says that a test has failed.

#include <stdexcept>
#include <string>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// Thrown when a conversation is not as the test says: what() tells what was expected, what came, and what was said
/// before. Any test framework reports it, and so does a program without one.
class failure : public std::runtime_error {
public:
    explicit failure(const std::string& story) : std::runtime_error(story) {}
};

/// Thrown where a test looks at the server, when one of its hooks has thrown what no on_error() takes: see
/// world::errors().
class hook_failure final : public failure {
public:
    using failure::failure;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
