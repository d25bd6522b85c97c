#pragma once
// The empty rooms of one loop, which wait for members to come back, and the joins that keep a room from being
// destroyed.

#include <chrono>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The rooms of one loop that have no members and wait for some to come back, for their histories' sake. Belongs to
/// that loop; owns the rooms meanwhile.
template <class Room>
class idle_rooms {
public:
    idle_rooms() = default;
    idle_rooms(const idle_rooms&) = delete;
    idle_rooms& operator=(const idle_rooms&) = delete;

    /// While it lives, somebody is about to join a room: an empty one must not be destroyed. Lives on the stack.
    class join_guard {
    public:
        join_guard(idle_rooms& owner, const Room& joined_room)
            : owner_(owner), room_(joined_room), outer_(std::exchange(owner.joins_, this)) {}
        ~join_guard() { owner_.joins_ = outer_; }
        join_guard(const join_guard&) = delete;
        join_guard& operator=(const join_guard&) = delete;

    private:
        friend class idle_rooms;
        idle_rooms& owner_;
        const Room& room_;
        const join_guard* outer_;
    };

    /// Whether somebody is about to join this room. O(nested joins).
    [[nodiscard]] bool is_being_joined(const Room& room) const noexcept {
        for (const join_guard* join = joins_; join; join = join->outer_)
            if (&join->room_ == &room) return true;
        return false;
    }

    /// Lets an empty room wait; does nothing if it waits already. `on_expired()` is called after the delay. O(1).
    template <class OnExpired>
    void add(const std::shared_ptr<Room>& room, std::chrono::seconds delay, OnExpired on_expired) {
        if (positions_.count(room.get()) != 0) return;
        const auto position = waiting_.insert(waiting_.end(), idle_room{room, {}});
        positions_.emplace(room.get(), position);
        position->expiry = room->home().after(delay, std::move(on_expired));
    }
    /// Ends a room's waiting, if it waits. O(1).
    void remove(const Room& room) {
        const auto found = positions_.find(&room);
        if (found == positions_.end()) return;
        waiting_.erase(found->second);
        positions_.erase(found);
    }

    /// The room that has waited longest; null if none waits.
    [[nodiscard]] std::shared_ptr<Room> oldest() const { return waiting_.empty() ? nullptr : waiting_.front().room; }

    void clear() {
        positions_.clear();
        waiting_.clear();
    }

private:
    struct idle_room {
        std::shared_ptr<Room> room;
        loop::timer expiry;
    };

    std::list<idle_room> waiting_;  // the first to be destroyed first
    std::unordered_map<const Room*, typename std::list<idle_room>::iterator> positions_;
    const join_guard* joins_ = nullptr;  // the innermost one
};

}  // namespace detail
ROOMPP_NAMESPACE_END
