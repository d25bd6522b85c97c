#pragma once
// A server under test with its clients, its time and its chances.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/server.hpp>
#include <roompp/testing/client.hpp>
#include <roompp/testing/http_client.hpp>
#include <roompp/testing/simulation.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// Runs a server without sockets, threads or sleeps: with clients within the program, in one thread, on a time that passes
/// only when the test says so. With the same seed, the same happens every time.
///
/// Make it after the server is set up, as a variable after the server; the server is neither listening nor run. When it
/// goes, what is on its way arrives, and the clients that are connected vanish, so that leave hooks run; clients that are
/// kept for longer can't be used any more. What hooks throw and no on_error() takes fails the test: see errors().
/// Movable.
class world {
public:
    /// @param seed which of the possible orders of events; see explore(). 0 is the plain one: one thing after the other.
    /// @throws std::logic_error if the server is in another world.
    explicit world(server& served, std::uint64_t seed = 0) : sim_(simulation::start(served, seed)) {}
    /// A world for a single route: `world.connect("/")`.
    explicit world(websocket_handler route, std::uint64_t seed = 0) : own_(std::make_unique<server>()) {
        own_->websocket("/", std::move(route));
        sim_ = simulation::start(*own_, seed);
    }
    /// A world for rooms alone: `world.connect("/lobby/")`. The same rooms can be in another world when this one has ended.
    template <class Room>
    explicit world(const rooms<Room>& directory, std::uint64_t seed = 0) : own_(std::make_unique<server>()) {
        own_->websocket("/{room}/", directory);
        sim_ = simulation::start(*own_, seed);
    }
    world(world&&) noexcept = default;
    world& operator=(world&&) = delete;
    ~world() {
        if (sim_) sim_->end();
    }

    /// A client that is not connected yet: `world.client("/ws/").subprotocol("v1").connect()`.
    /// @param path with the query, as in `/ws/chat/lobby/?name=Ann`.
    [[nodiscard]] testing::client client(std::string path) const { return {sim_, std::move(path)}; }
    /// A client that is connected.
    /// @throws failure if it is refused.
    testing::client connect(std::string path) const { return client(std::move(path)).connect(); }
    /// A client for pages and polling.
    [[nodiscard]] http_client http() const { return http_client(sim_); }

    /// Runs everything that is ready, and what comes of it, until nothing is.
    /// @throws failure if there is no end to it, or if it is called by a hook; hook_failure if hooks have thrown.
    void settle() { sim_->settle(); }
    /// What hooks have thrown since this was last asked and no on_error() took, in words; settles first. What a test does
    /// not ask for here fails it, as a hook_failure, as soon as anything looks at the server.
    [[nodiscard]] std::vector<std::string> errors() { return sim_->errors(); }
    /// After how many steps settle(), and whatever calls it, says that there is no end to it; 20 million by default.
    void most_steps(std::size_t n) { sim_->most_steps(n); }
    /// Lets time pass, second by second; what is due happens, and what comes of it. No test takes longer for it. What
    /// clients have sent before arrives before that; with another seed than 0, what is due within the first second may
    /// come first.
    void advance(loop::clock::duration by) { sim_->advance(by); }
    /// How much time has passed.
    [[nodiscard]] loop::clock::duration elapsed() const noexcept { return sim_->elapsed(); }
    /// The time of day, which passes with the other one; from noon of 2030-01-01 (UTC) on.
    [[nodiscard]] std::chrono::system_clock::time_point wall_now() const noexcept { return sim_->wall_now(); }
    void set_wall_time(std::chrono::system_clock::time_point now) { sim_->set_wall_time(now); }
    /// Stops the server: connections are closed with 1001, and after limits::stop_timeout cut.
    void stop() { sim_->stop(); }
    [[nodiscard]] std::uint64_t seed() const noexcept { return sim_->seed(); }

private:
    std::unique_ptr<server> own_;  // outlives what drives it
    std::shared_ptr<simulation> sim_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END
