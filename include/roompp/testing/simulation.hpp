#pragma once
// Drives a server in a test: its loops, network and clock, step by step in one thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/server/server_access.hpp>
#include <roompp/testing/memory_link.hpp>
#include <roompp/testing/random.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace testing {

/// Drives one server, until its own end or the server's. The seed decides the order of events wherever several are
/// possible: which loop runs next, whose bytes arrive first and in how many parts, and whether bytes arrive before or
/// after a timer that is due. Seed 0 is the plain order: all work of the server is done, and all that it sends is
/// received, before the bytes of the next client arrive, and all of that before time passes. The tasks of one loop, and
/// the bytes of one connection, keep their order with every seed, so every run is a possible one. The server's random
/// numbers come from the seed as well.
///
/// Single-threaded. Internal; the only file that drives a server is impl/simulation.ipp.
class simulation final : public roompp::detail::loop_driver,
                         private memory_link::observer,
                         public std::enable_shared_from_this<simulation> {
public:
    using clock = loop::clock;

    /// @throws std::logic_error if the server has a driver already.
    [[nodiscard]] static std::shared_ptr<simulation> start(server& target, std::uint64_t seed);
    /// The simulation that drives the server, or a new one with seed 0.
    [[nodiscard]] static std::shared_ptr<simulation> find_or_start(server& target);

    /// For start().
    simulation(server& target, std::uint64_t seed)
        : server_(&target), seed_(seed), random_(seed), server_random_(~seed) {}
    ~simulation() override { end(); }

    /// Ends the simulation, once: what is in flight arrives, then the clients vanish, and the server is released.
    void end();
    [[nodiscard]] bool has_ended() const noexcept { return server_ == nullptr; }

    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    /// The time since the start.
    [[nodiscard]] clock::duration elapsed() const noexcept { return now_ - start_; }
    [[nodiscard]] std::chrono::system_clock::time_point wall_now() const noexcept { return wall_now_; }
    void set_wall_time(std::chrono::system_clock::time_point now);
    /// The exceptions of hooks that no on_error() took since the last call, as text; settles first.
    [[nodiscard]] std::vector<std::string> errors();

    /// A number for a new client, from 1.
    [[nodiscard]] std::size_t next_client_number() noexcept { return ++clients_; }
    /// Opens a connection to the server, on its next loop, as a listening socket would.
    /// @param capacity the size of the buffers in each direction, in bytes.
    /// @throws failure if the world, or its server, has ended.
    [[nodiscard]] std::shared_ptr<memory_link> connect(std::size_t client_number, std::size_t capacity);

    /// The number of steps after which settle() gives up.
    void max_steps(std::size_t n) noexcept { max_steps_ = n; }

    /// Runs everything that is ready, and what follows from it, until nothing is.
    /// @throws failure if it does not come to an end, if a hook calls this, or if the world has ended; hook_failure if
    /// hooks have thrown an exception that no on_error() took.
    void settle();

    /// Stops the server, and settles.
    void stop();

    /// Lets time pass, second by second, and settles after each. What is in flight arrives first; with another seed
    /// than 0, timers due within the first second may come before it.
    void advance(clock::duration time);

private:
    using access = roompp::detail::server_access;
    using link_ptr = std::shared_ptr<memory_link>;

    void attach();

    // roompp::detail::loop_driver
    [[nodiscard]] std::uint64_t random() override { return server_random_.next(); }
    void failed(const std::exception_ptr& error) override { errors_.push_back(error); }
    void on_server_end() override { end(); }

    // memory_link::observer
    void on_uplink_ready(memory_link& link) override;
    void on_downlink_ready(memory_link& link) override;

    void require_server() const;
    void require_idle() const;
    void run();
    void run_quietly() noexcept;
    void throw_errors();

    [[nodiscard]] bool step_in_order();
    [[nodiscard]] bool step_at_random();
    void move_clock(clock::duration step);
    void tick(std::size_t index);
    bool poll(std::size_t index);
    template <class Action>
    void run_guarded(net::shard& shard, Action&& action);
    void carry_uplink(std::size_t index, std::size_t max_bytes);
    void carry_downlink(std::size_t index, std::size_t max_bytes);
    [[nodiscard]] std::size_t random_part(std::size_t bytes);
    [[nodiscard]] static link_ptr take_link(std::deque<link_ptr>& queue, std::size_t index);

    void track(const link_ptr& link);
    [[nodiscard]] std::vector<link_ptr> live_links() const;

    server* server_;  // null after the end
    std::uint64_t seed_;
    random_numbers random_;
    random_numbers server_random_;  // separate, so that the order of events does not depend on the server's use
    std::vector<net::shard*> shards_;
    std::vector<bool> busy_;          // by loop: it may have work
    std::vector<std::size_t> ticks_;  // the loops whose clock is behind
    std::deque<link_ptr> uplinks_;    // with something to carry
    std::deque<link_ptr> downlinks_;
    std::vector<link_ptr> delayed_links_;
    std::vector<std::exception_ptr> errors_;  // not reported yet
    std::vector<std::weak_ptr<memory_link>> links_;
    std::size_t max_steps_ = 20'000'000;
    std::size_t next_shard_ = 0;
    std::size_t clients_ = 0;
    bool is_running_ = false;
    clock::time_point start_{};
    clock::time_point now_{};
    // Noon of 2030-01-01, in UTC.
    std::chrono::system_clock::time_point wall_now_{std::chrono::seconds(1'893'499'200)};
};

}  // namespace testing
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/testing/impl/simulation.ipp>
#endif
