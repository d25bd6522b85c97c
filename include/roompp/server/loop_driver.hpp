#pragma once
// What runs the loops of a server in place of server::run().

#include <cstdint>
#include <exception>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Drives the event loops of a server instead of run(), in virtual time.
class loop_driver {
public:
    loop_driver() = default;
    loop_driver(const loop_driver&) = delete;
    loop_driver& operator=(const loop_driver&) = delete;
    virtual ~loop_driver() = default;
    /// A random number, see loop::random().
    [[nodiscard]] virtual std::uint64_t random() = 0;
    /// Receives an exception that no on_error() hook takes.
    virtual void failed(const std::exception_ptr& error) = 0;
    /// The server is about to be destroyed, with its loops.
    virtual void on_server_end() = 0;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
