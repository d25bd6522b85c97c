#pragma once
// Network faults for a test to inject.

#include <cstddef>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// What happens to the server's next write to a client: see client::next_write().
struct fault {
    enum kind_type : unsigned char { short_write, refused, delayed, broken };

    /// Only this many bytes are taken, 0 or more.
    [[nodiscard]] static fault only(std::size_t bytes) { return {short_write, bytes, {}}; }
    /// Nothing is taken, as if the socket were full; the next write finds it free again.
    [[nodiscard]] static fault refuse() { return {refused, 0, {}}; }
    /// The client sees these bytes, and all later ones, only after this time. What was written before is not held up,
    /// and an earlier delay is not made shorter.
    [[nodiscard]] static fault delay(loop::clock::duration time) { return {delayed, 0, time}; }
    /// The connection is lost.
    [[nodiscard]] static fault lose() { return {broken, 0, {}}; }

    kind_type kind = refused;
    std::size_t bytes = 0;         ///< of a short write
    loop::clock::duration time{};  ///< of a delay
};

}  // namespace testing
ROOMPP_NAMESPACE_END
