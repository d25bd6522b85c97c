#pragma once
// What the histories of many rooms may take together.

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The memory of the histories of one loop's rooms. Belongs to that loop.
class history_budget {
public:
    /// @param make_place lets a room go in which nobody is; returns false if there is none.
    explicit history_budget(std::function<bool()> make_place) : make_place_(std::move(make_place)) {}

    /// Says how many bytes it may be.
    void limit(std::size_t bytes) noexcept { most_ = bytes; }
    [[nodiscard]] bool is_exceeded() const noexcept { return used_ > most_; }
    /// Lets a room go whose members have all left, to have its share back. @returns false if there is none.
    bool make_place() const { return make_place_(); }

private:
    friend class history_share;
    std::function<bool()> make_place_;
    std::size_t most_ = 0;
    std::size_t used_ = 0;
};

/// What one room's history takes of it; given back when this goes.
class history_share {
public:
    history_share() = default;
    history_share(const history_share&) = delete;
    history_share& operator=(const history_share&) = delete;
    ~history_share() { set(0); }

    /// Says of what it is a share; before that it is one of nothing.
    void take_from(std::shared_ptr<history_budget> all) noexcept { all_ = std::move(all); }
    /// Says how many bytes it is now.
    void set(std::size_t bytes) noexcept {
        if (all_) all_->used_ = all_->used_ - bytes_ + bytes;
        bytes_ = bytes;
    }
    /// Whether all shares together are too much.
    [[nodiscard]] bool is_too_much() const noexcept { return all_ && all_->is_exceeded(); }
    bool make_place() const { return all_->make_place(); }

private:
    std::shared_ptr<history_budget> all_;
    std::size_t bytes_ = 0;
};

ROOMPP_NAMESPACE_END
