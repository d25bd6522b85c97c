#pragma once
// One event loop with the resources that its connections share: buffers, a clock, and the list of connections.

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/gathered_sends.hpp>
#include <roompp/net/queue_budget.hpp>
#include <roompp/net/work_budget.hpp>

namespace asio {
class io_context;
}

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// An event loop on Asio. A connection belongs to one shard and is touched only on its thread; buffers that are needed
/// only while a connection is being handled belong to the shard, so that an idle connection costs little.
///
/// Thread-safety: only on the loop's thread, unless a function says otherwise. This header does not include Asio.
class shard {
public:
    using clock = loop::clock;

    /// Base class of every connection on this shard. Registered on construction, unregistered when its stream closes.
    class shard_connection : public fan_out_target {
    public:
        explicit shard_connection(shard& host);
        shard_connection(const shard_connection&) = delete;
        shard_connection& operator=(const shard_connection&) = delete;

        /// The shard on which the connection lives.
        [[nodiscard]] shard& host() const noexcept { return host_; }

    protected:
        ~shard_connection() { unregister(); }

        /// The stream has closed: the shard no longer counts the connection, even if others still hold it.
        void unregister() noexcept;
        /// Called about once a second: enforces the timeouts.
        virtual void tick(clock::time_point now) = 0;
        /// The server stops: end soon, and politely.
        virtual void stop() = 0;
        /// The stop timeout expired: close immediately.
        virtual void abort() = 0;

    private:
        friend class shard;
        shard& host_;
        shard_connection* previous_;
        shard_connection* next_;
        bool unregistered_ = false;
    };

    /// Counts one connection of some kind while it exists: see handshaking() and rejected().
    class counter_guard {
    public:
        explicit counter_guard(std::size_t& counter) noexcept : counter_(counter) { ++counter_; }
        counter_guard(const counter_guard&) = delete;
        counter_guard& operator=(const counter_guard&) = delete;
        ~counter_guard() { --counter_; }

    private:
        std::size_t& counter_;
    };

    /// @param index position among the server's loops, from 0.
    shard(std::size_t index, const roompp::limits& limits);
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;
    ~shard();

    /// The Asio context that the loop runs. Safe from any thread.
    [[nodiscard]] asio::io_context& context() noexcept;
    /// The loop as the layers without Asio see it. Safe from any thread.
    [[nodiscard]] loop& home() noexcept { return home_; }
    /// The server's limits. Safe from any thread.
    [[nodiscard]] const roompp::limits& limits() const noexcept { return limits_; }
    /// Number of registered connections.
    [[nodiscard]] std::size_t connections() const noexcept { return connection_count_; }
    /// Number of connections that have not sent their first whole request: see limits::handshakes.
    [[nodiscard]] std::size_t& handshaking() noexcept { return handshaking_; }
    /// Number of connections kept only to deliver a 503.
    [[nodiscard]] std::size_t& rejected() noexcept { return rejected_; }

    /// Runs the loop in this thread until its connections have ended after stop(), and leave_run() was called: other
    /// loops may still have tasks for this one. Afterwards the loop is suspended.
    /// @param failed receives exceptions that no handler has caught; must not throw.
    /// @param ended is called when the connections have ended.
    void run(const std::function<void(std::exception_ptr)>& failed, std::function<void()> ended);
    /// Lets run() return.
    void leave_run();
    /// Sets what run() calls first at each tick, about once a second; before run().
    void on_tick(std::function<void()> hook) { on_tick_ = std::move(hook); }

    /// For drivers that run the loop instead of run(), in virtual time: runs one ready handler. Exceptions pass
    /// through.
    /// @returns whether there was one.
    bool poll_one();

    /// For drivers that run the loop instead of run(): sets the time, and runs what is due.
    void advance(clock::time_point now);

    /// Ends the connections and then the loop: politely, and immediately after limits::stop_timeout.
    void stop();

    /// Whether stop() was called: no connections are accepted any more.
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }

    /// The time of the last tick: coarse (one second), and without a system call.
    [[nodiscard]] clock::time_point now() const noexcept { return home_.now(); }

    /// The time by which at least `delay` has passed, however coarse the ticks are.
    [[nodiscard]] clock::time_point deadline(clock::duration delay) const noexcept {
        return now() + tick_length_ + delay;
    }

    static constexpr std::size_t read_buffer_size = 64 * 1024;
    /// The buffer of the current read. Its bytes must be used before the loop goes on.
    [[nodiscard]] char* read_buffer() noexcept { return read_buffer_.get(); }

    /// Starts the turn of a connection: what it may do before others get theirs.
    void start_work() { budget_.restart(tick_length_ != clock::duration::zero()); }
    /// The work of the connection that is being handled.
    [[nodiscard]] work_budget& budget() noexcept { return budget_; }

    /// Gathers the writes of the connection that is being handled, so that all replies to one read are one write.
    struct cork {
        const shard_connection* owner = nullptr;
        std::string bytes;
    };
    [[nodiscard]] cork& corked() noexcept { return cork_; }

    /// The memory of the send queues of this loop, or of all loops of a server: see share_queue_budget().
    [[nodiscard]] const std::shared_ptr<queue_budget>& queue_memory() const noexcept { return queue_memory_; }
    /// Counts the send queues together with those of another loop; before run().
    void share_queue_budget(const shard& other) { queue_memory_ = other.queue_memory_; }

    /// Sets how batches are sent and compressed; before run(). Both may be null.
    void use(fan_out_policy make_writer, std::shared_ptr<const compression> algorithm);
    /// The gathered sends of the current turn; null if sends are made one by one.
    [[nodiscard]] gathered_sends* gathering() noexcept { return sends_ && sends_->gathers() ? &*sends_ : nullptr; }
    /// The compression of messages; null if they are not compressed.
    [[nodiscard]] const compression* compressing() const noexcept { return compression_.get(); }

    /// A default-constructed object of this type that the shard's connections share, such as a spare buffer. The
    /// reference stays valid as long as the shard exists.
    template <class T>
    [[nodiscard]] T& scratch() {
        for (const auto& object : scratch_)
            if (object->type == typeid(T)) return static_cast<scratch_of<T>&>(*object).value;
        scratch_.push_back(std::make_unique<scratch_of<T>>());
        return static_cast<scratch_of<T>&>(*scratch_.back()).value;
    }

private:
    struct reactor;  // Asio's objects

    struct scratch_object {
        explicit scratch_object(const std::type_info& type_of_value) noexcept : type(type_of_value) {}
        scratch_object(const scratch_object&) = delete;
        scratch_object& operator=(const scratch_object&) = delete;
        virtual ~scratch_object() = default;
        const std::type_info& type;
    };
    template <class T>
    struct scratch_of final : scratch_object {
        scratch_of() : scratch_object(typeid(T)) {}
        T value{};
    };

    template <class Visitor>
    void for_each_connection(Visitor&& visit);
    void schedule_tick();
    void wake_after(clock::duration delay, loop::task work);
    void tick();
    void end_if_done() noexcept;

    loop home_;  // outlives the handlers in the reactor
    roompp::limits limits_;
    std::unique_ptr<char[]> read_buffer_;
    cork cork_;
    work_budget budget_;
    std::shared_ptr<queue_budget> queue_memory_;
    std::vector<std::unique_ptr<scratch_object>> scratch_;
    std::shared_ptr<const compression> compression_;
    fan_out_policy make_writer_;
    std::optional<gathered_sends> sends_;
    std::function<void()> on_end_;   // while run() keeps the time
    std::function<void()> on_tick_;  // likewise
    clock::duration tick_length_{};  // 0 if a driver keeps the time
    clock::time_point stop_by_{};
    shard_connection* first_ = nullptr;
    shard_connection* last_ = nullptr;
    shard_connection* next_visited_ = nullptr;  // moved on if that connection unregisters meanwhile
    std::size_t connection_count_ = 0;
    std::size_t handshaking_ = 0;
    std::size_t rejected_ = 0;
    bool stopping_ = false;
    bool ended_ = false;
    bool tick_is_scheduled_ = false;
    std::unique_ptr<reactor> reactor_;  // destroyed first: its handlers hold connections
};

}  // namespace net
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/shard.ipp>
#endif
