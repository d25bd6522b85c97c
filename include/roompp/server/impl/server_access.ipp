#pragma once
// Attaching a driver to the loops of a server.

#include <exception>
#include <memory>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/server/loop_group.hpp>
#include <roompp/server/server_access.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL std::vector<net::shard*> server_access::attach_driver(server& target,
                                                                  const std::shared_ptr<loop_driver>& driver) {
    target.make_loops();
    target.driver_ = driver;
    for (loop* const home : target.loops_->loops())
        home->set_random([driver = driver.get()] { return driver->random(); });
    target.routes_.default_error_handler(
        [driver = driver.get()](const std::exception_ptr& error) { driver->failed(error); });
    target.prepare();
    return target.loops_->shards();
}

ROOMPP_DECL void server_access::detach_driver(server& target) {
    target.driver_.reset();
    for (loop* const home : target.loops_->loops()) {
        home->set_random({});
        home->leave();
    }
    target.routes_.default_error_handler({});
}

}  // namespace detail
ROOMPP_NAMESPACE_END
