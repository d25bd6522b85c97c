#pragma once
// Add-on: matchers of Catch2 (2 or 3) for the clients of the test harness. Not part of any other header.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#if __has_include(<catch2/matchers/catch_matchers.hpp>)
#include <catch2/catch_tostring.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <roompp/config.hpp>
#include <roompp/testing.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

namespace detail {

#if __has_include(<catch2/matchers/catch_matchers.hpp>)
using client_matcher_base = Catch::Matchers::MatcherBase<client>;
#else
using client_matcher_base = Catch::MatcherBase<client>;
#endif

}  // namespace detail

/// A matcher for a client, as receives() and the others make it. A message that matches is taken from the client; one
/// that does not match stays. Exceptions of hooks are no mismatch: they are thrown as a hook_failure.
class client_matcher final : public detail::client_matcher_base {
public:
    /// @param expectation what is expected, in words.
    /// @param check looks at the client, and throws a failure, having taken nothing, if it is not as expected.
    client_matcher(std::string expectation, std::function<void(client&)> check)
        : expectation_(std::move(expectation)), check_(std::move(check)) {}

    bool match(const client& candidate) const override {
        client handle = candidate;  // the same client
        try {
            check_(handle);
            return true;
        } catch (const hook_failure&) {
            throw;
        } catch (const failure& e) {
            story_ = e.what();
            return false;
        }
    }
    [[nodiscard]] std::string describe() const override {
        return story_.empty() ? expectation_ : expectation_ + '\n' + story_;
    }

private:
    std::string expectation_;
    std::function<void(client&)> check_;
    mutable std::string story_;
};

/// `CHECK_THAT(bob, receives("hi"))`: the next message is this text.
[[nodiscard]] inline client_matcher receives(std::string text) {
    std::string expectation = "receives " + readable(text);
    return {std::move(expectation), [text = std::move(text)](client& candidate) { candidate.expect(text); }};
}
/// `CHECK_THAT(bob, receives_nothing())`: no message has come.
[[nodiscard]] inline client_matcher receives_nothing() {
    return {"receives nothing", [](client& candidate) { candidate.receive_nothing(); }};
}
/// `CHECK_THAT(bob, is_closed_with(1013))`: the connection has ended with this close code.
[[nodiscard]] inline client_matcher is_closed_with(std::uint16_t code) {
    return {"is closed with " + std::to_string(code), [code](client& candidate) {
                const auto event = candidate.closed();
                if (event.code != code)
                    throw failure("it was closed with " + std::to_string(event.code) + '\n' + candidate.conversation());
            }};
}

}  // namespace testing
ROOMPP_NAMESPACE_END

/// Catch2 shows a client by its name.
template <>
struct Catch::StringMaker<roompp::testing::client> {
    static std::string convert(const roompp::testing::client& value) { return value.name(); }
};
