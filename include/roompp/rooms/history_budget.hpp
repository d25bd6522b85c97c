#pragma once
// The memory that the histories of many rooms may take together.

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Memory budget shared by the histories of all rooms on one loop. Not thread-safe: belongs to that loop.
class history_budget {
public:
    /// @param evict destroys an empty room that waits for members to come back; returns false if there is none.
    explicit history_budget(std::function<bool()> evict) : evict_(std::move(evict)) {}

    /// Sets the maximum, in bytes; 0 at first.
    void set_limit(std::size_t bytes) noexcept { max_bytes_ = bytes; }
    /// Whether the histories together take more than the maximum.
    [[nodiscard]] bool is_exceeded() const noexcept { return used_bytes_ > max_bytes_; }
    /// Destroys an empty room, whose share is returned.
    /// @returns false if there is none.
    bool evict() const { return evict_(); }

private:
    friend class history_share;
    std::function<bool()> evict_;
    std::size_t max_bytes_ = 0;
    std::size_t used_bytes_ = 0;
};

/// The part of a budget that one room's history takes; returned when this is destroyed.
class history_share {
public:
    history_share() = default;
    history_share(const history_share&) = delete;
    history_share& operator=(const history_share&) = delete;
    ~history_share() { set(0); }

    /// Makes it a share of this budget; without one it is unlimited.
    void attach(std::shared_ptr<history_budget> budget) noexcept { budget_ = std::move(budget); }
    /// Sets its size in bytes.
    void set(std::size_t bytes) noexcept {
        if (budget_) budget_->used_bytes_ = budget_->used_bytes_ - bytes_ + bytes;
        bytes_ = bytes;
    }
    /// Whether all shares together take more than the budget.
    [[nodiscard]] bool is_exceeded() const noexcept { return budget_ && budget_->is_exceeded(); }
    /// See history_budget::evict(); only with a budget.
    bool evict() const { return budget_->evict(); }

private:
    std::shared_ptr<history_budget> budget_;
    std::size_t bytes_ = 0;
};

ROOMPP_NAMESPACE_END
