#pragma once
// A server under test, with its clients and its clock: definitions.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/testing/client.hpp>
#include <roompp/testing/http_client.hpp>
#include <roompp/testing/simulation.hpp>
#include <roompp/testing/world.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

ROOMPP_DECL world::world(server& target, std::uint64_t seed) { start(target, seed); }

ROOMPP_DECL world::world(websocket_handler route, std::uint64_t seed) : own_server_(std::make_unique<server>()) {
    own_server_->websocket("/", std::move(route));
    start(*own_server_, seed);
}

ROOMPP_DECL world::~world() {
    if (sim_) sim_->end();
}

ROOMPP_DECL void world::start(server& target, std::uint64_t seed) { sim_ = simulation::start(target, seed); }

ROOMPP_DECL testing::client world::client(std::string path) const { return {sim_, std::move(path)}; }

ROOMPP_DECL testing::client world::connect(std::string path) const { return client(std::move(path)).connect(); }

ROOMPP_DECL http_client world::http() const { return http_client(sim_); }

ROOMPP_DECL void world::settle() { sim_->settle(); }

ROOMPP_DECL std::vector<std::string> world::errors() { return sim_->errors(); }

ROOMPP_DECL void world::max_steps(std::size_t n) { sim_->max_steps(n); }

ROOMPP_DECL void world::advance(loop::clock::duration time) { sim_->advance(time); }

ROOMPP_DECL loop::clock::duration world::elapsed() const noexcept { return sim_->elapsed(); }

ROOMPP_DECL std::chrono::system_clock::time_point world::wall_now() const noexcept { return sim_->wall_now(); }

ROOMPP_DECL void world::set_wall_time(std::chrono::system_clock::time_point now) { sim_->set_wall_time(now); }

ROOMPP_DECL void world::stop() { sim_->stop(); }

ROOMPP_DECL std::uint64_t world::seed() const noexcept { return sim_->seed(); }

}  // namespace testing
ROOMPP_NAMESPACE_END
