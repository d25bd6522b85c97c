#pragma once
// The back door of a server, for the test harness and for add-ons that bring streams of their own.

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/server/loop_driver.hpp>
#include <roompp/server/loop_group.hpp>
#include <roompp/server/server.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Friend of server. In the thread that drives the loops.
class server_access {
public:
    /// In place of listen() and run(): makes the loops, which the driver runs (net::shard::poll_one() and advance()), in one
    /// thread, until detach_driver().
    [[nodiscard]] static std::vector<net::shard*> attach_driver(server& target,
                                                                const std::shared_ptr<loop_driver>& driver);
    /// Nobody runs the loops any more.
    static void detach_driver(server& target);
    /// The present driver; null if there is none.
    [[nodiscard]] static std::shared_ptr<loop_driver> driver(const server& target) noexcept {
        return target.driver_.lock();
    }
    /// What serve() of serve.hpp needs besides a stream, to serve streams of other types. After attach_driver() or listen().
    [[nodiscard]] static loop_group& loops(server& target) noexcept { return *target.loops_; }
    [[nodiscard]] static routing_table& routes(server& target) noexcept { return target.routes_; }
    /// Reports an exception that no other hook takes. Safe from any thread.
    static void report(server& target, const std::exception_ptr& error) { target.routes_.report(error); }
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/server_access.ipp>
#endif
