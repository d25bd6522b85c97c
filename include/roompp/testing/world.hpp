#pragma once
// A server under test, with its clients and its clock.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/server.hpp>
#include <roompp/testing/client.hpp>
#include <roompp/testing/http_client.hpp>
#include <roompp/websocket/websocket_handler.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// Runs a server without sockets, threads or sleeps: clients live within the program, everything runs in the test's
/// thread, and time passes only when the test says so. With the same seed, the same happens every time.
///
/// Make it when the server is set up, as a variable after the server; do not call listen() or run(). When it is
/// destroyed, what is in flight arrives, and the clients that are connected vanish, so that leave hooks run; clients
/// that outlive it throw a failure when used. Exceptions of hooks that no on_error() takes fail the test: see errors().
/// Movable; single-threaded.
class world {
public:
    /// @param target outlives the world, or ends it.
    /// @param seed selects one of the possible orders of events; see explore(). 0 is the plain one: one thing after the
    /// other.
    /// @throws std::logic_error if the server is in another world.
    explicit world(server& target, std::uint64_t seed = 0);
    /// A world for a single route: `world.connect("/")`.
    explicit world(websocket_handler route, std::uint64_t seed = 0);
    /// A world for rooms alone: `world.connect("/lobby/")`. The same rooms can be in another world when this one has
    /// ended.
    template <class Room>
    explicit world(const rooms<Room>& directory, std::uint64_t seed = 0) : own_server_(std::make_unique<server>()) {
        own_server_->websocket("/{room}/", directory);
        start(*own_server_, seed);
    }
    world(world&&) noexcept = default;
    world& operator=(world&&) = delete;
    ~world();

    /// A client that is not connected yet: `world.client("/ws/").subprotocol("v1").connect()`.
    /// @param path with the query, as in `/ws/chat/lobby/?name=Ann`.
    [[nodiscard]] testing::client client(std::string path) const;
    /// A client that is connected.
    /// @throws failure if it is refused.
    testing::client connect(std::string path) const;
    /// A client for pages and polling.
    [[nodiscard]] http_client http() const;

    /// Runs everything that is ready, and what follows from it, until nothing is.
    /// @throws failure if it does not come to an end, or if a hook calls it; hook_failure if hooks have thrown.
    void settle();
    /// The exceptions of hooks that no on_error() took since the last call, as text; settles first. Those that a test
    /// does not fetch here fail it, as a hook_failure, as soon as anything looks at the server.
    [[nodiscard]] std::vector<std::string> errors();
    /// The number of steps after which settle(), and whatever calls it, fails because there is no end to it; 20 million
    /// by default.
    void max_steps(std::size_t n);
    /// The name of max_steps() before 0.2; goes with 0.3.
    [[deprecated("use max_steps()")]] void most_steps(std::size_t n) { max_steps(n); }
    /// Lets time pass, second by second, with timers and all that follows from them; takes no real time. What clients
    /// have sent before arrives before that; with another seed than 0, timers due within the first second may come
    /// first.
    void advance(loop::clock::duration time);
    /// The time that has passed since the world was made.
    [[nodiscard]] loop::clock::duration elapsed() const noexcept;
    /// The time of day, which passes with the other one; starts at noon of 2030-01-01 (UTC).
    [[nodiscard]] std::chrono::system_clock::time_point wall_now() const noexcept;
    /// Sets the time of day.
    void set_wall_time(std::chrono::system_clock::time_point now);
    /// Stops the server: connections are closed with 1001, and cut after limits::stop_timeout.
    void stop();
    /// The seed of its order of events.
    [[nodiscard]] std::uint64_t seed() const noexcept;

private:
    void start(server& target, std::uint64_t seed);

    std::unique_ptr<server> own_server_;  // outlives the simulation, which drives it
    std::shared_ptr<simulation> sim_;
};

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/world.ipp>
#endif
