#pragma once
// The memory that the histories of many rooms may take together.

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

class history_share;

/// Memory budget shared by the histories of all rooms on one loop. Not thread-safe: belongs to that loop.
class history_budget {
public:
    /// @param evict destroys an empty room that waits for members to come back; returns false if there is none.
    explicit history_budget(std::function<bool()> evict) : evict_(std::move(evict)) {}

    /// Sets the maximum, in bytes; 0 at first.
    void set_limit(std::size_t bytes) noexcept { max_bytes_ = bytes; }
    /// Whether the histories together take more than the maximum.
    [[nodiscard]] bool is_exceeded() const noexcept { return used_bytes_ > max_bytes_; }
    /// Whether the histories may take so many bytes more.
    [[nodiscard]] bool has_room_for(std::size_t bytes) const noexcept {
        return used_bytes_ <= max_bytes_ && bytes <= max_bytes_ - used_bytes_;
    }
    /// Destroys an empty room, whose share is returned.
    /// @returns false if there is none.
    bool evict() const { return evict_(); }
    /// Has all histories forget the encoded forms of their messages, which can be made again.
    void forget_encoded();

private:
    friend class history_share;
    std::function<bool()> evict_;
    std::size_t max_bytes_ = 0;
    std::size_t used_bytes_ = 0;
    std::set<history_share*> encoded_shares_;  // with encoded forms
};

/// The part of a budget that one room's history takes; returned when this is destroyed.
class history_share {
public:
    history_share() = default;
    history_share(const history_share&) = delete;
    history_share& operator=(const history_share&) = delete;
    ~history_share() {
        set(0);
        if (budget_) budget_->encoded_shares_.erase(this);
    }

    /// Makes it a share of this budget; without one it is unlimited. Once.
    /// @param forget_encoded makes the history forget the encoded forms of its messages, and calls set(); must not throw.
    void attach(std::shared_ptr<history_budget> budget, std::function<void()> forget_encoded) {
        budget_ = std::move(budget);
        forget_encoded_ = std::move(forget_encoded);
    }
    /// Sets its size in bytes.
    void set(std::size_t bytes) noexcept {
        if (budget_) budget_->used_bytes_ = budget_->used_bytes_ - bytes_ + bytes;
        bytes_ = bytes;
    }
    /// Whether all shares together take more than the budget.
    [[nodiscard]] bool is_exceeded() const noexcept { return budget_ && budget_->is_exceeded(); }
    /// See history_budget::evict(); only with a budget.
    bool evict() const { return budget_->evict(); }
    /// See history_budget::forget_encoded(); only with a budget.
    void forget_encoded() const { budget_->forget_encoded(); }

    /// Adds the memory of an encoded form. If the budget has no room for it, all histories forget theirs first.
    /// @returns whether the form may be stored.
    [[nodiscard]] bool reserve_encoded(std::size_t bytes) {
        if (!budget_) return true;
        if (!budget_->has_room_for(bytes)) budget_->forget_encoded();
        if (!budget_->has_room_for(bytes)) return false;
        budget_->encoded_shares_.insert(this);
        set(bytes_ + bytes);
        return true;
    }

private:
    friend class history_budget;
    std::shared_ptr<history_budget> budget_;
    std::function<void()> forget_encoded_;
    std::size_t bytes_ = 0;
};

inline void history_budget::forget_encoded() {
    for (const history_share* const share : std::exchange(encoded_shares_, {})) share->forget_encoded_();
}

ROOMPP_NAMESPACE_END
