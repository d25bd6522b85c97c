#pragma once
// The event loops of a server: made together, run in a thread each, stopped together.

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/net/compression.hpp>
#include <roompp/net/gathered_sends.hpp>
#include <roompp/net/shard.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The loops of one server. Configure in one thread; run() blocks.
class loop_group {
public:
    /// @param count at least 1.
    loop_group(std::size_t count, const roompp::limits& limits, const net::fan_out_policy& make_writer,
               const std::shared_ptr<const net::compression>& compression);
    loop_group(const loop_group&) = delete;
    loop_group& operator=(const loop_group&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return shards_.size(); }
    /// The loop that listens, and on which signals arrive.
    [[nodiscard]] net::shard& first() noexcept { return *shards_.front(); }
    /// The shard for the next connection, each in turn. On the first loop.
    [[nodiscard]] net::shard& next() noexcept { return *shards_[next_++ % shards_.size()]; }
    /// All of them, in the order of loop::index().
    [[nodiscard]] std::vector<net::shard*> shards() const;
    [[nodiscard]] std::vector<loop*> loops() const;
    /// One loop's share of a limit that holds for all loops together; at least 1.
    [[nodiscard]] std::size_t share_of(std::size_t limit) const noexcept;

    /// Detaches the loops from every thread: what is posted to them waits for run().
    void suspend();
    /// Runs the loops, the first in this thread, until stop() and the end of their connections.
    /// @param on_error receives exceptions that no handler has caught; must not throw.
    void run(const std::function<void(std::exception_ptr)>& on_error);
    /// Ends all connections, then the loops. Safe from any thread.
    /// @param on_stop runs on the first loop, before its connections end.
    void stop(std::function<void()> on_stop);

private:
    std::vector<std::unique_ptr<net::shard>> shards_;
    std::size_t next_ = 0;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/loop_group.ipp>
#endif
