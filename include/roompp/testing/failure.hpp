#pragma once
// The exceptions with which the harness fails a test.

#include <stdexcept>
#include <string>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// Thrown when a conversation differs from what the test expects. `what()` says what was expected, what came, and the
/// last lines of the conversation. Any test framework reports it, and so does a program without one.
class failure : public std::runtime_error {
public:
    explicit failure(const std::string& story) : std::runtime_error(story) {}
};

/// Thrown where a test looks at the server after one of its hooks has thrown an exception that no on_error() took: see
/// world::errors().
class hook_failure final : public failure {
public:
    using failure::failure;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
