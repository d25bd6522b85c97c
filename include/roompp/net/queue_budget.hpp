#pragma once
// The memory that all send queues of a server may take together.

#include <atomic>
#include <cstddef>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// Counts the memory of send queues: see limits::all_queue_bytes. Held by each of them. Safe from any thread.
class queue_budget {
public:
    /// @param max_bytes the maximum, in bytes.
    explicit queue_budget(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}
    queue_budget(const queue_budget&) = delete;
    queue_budget& operator=(const queue_budget&) = delete;

    /// Counts bytes that are queued, or are not any more.
    void add(std::size_t bytes) noexcept { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
    void remove(std::size_t bytes) noexcept { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

    /// The memory of all queues, in bytes.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
    /// Whether they take more than the maximum.
    [[nodiscard]] bool is_exceeded() const noexcept { return bytes() > max_bytes_; }

private:
    const std::size_t max_bytes_;
    std::atomic<std::size_t> bytes_{0};
};

}  // namespace net
ROOMPP_NAMESPACE_END
