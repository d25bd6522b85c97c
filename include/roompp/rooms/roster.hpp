#pragma once
// The members of a room: in the order of the room's visits, by person, and their presence.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/person_index.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The members of one room, which it owns. Belongs to the room's home loop; only size() is safe from any thread.
///
/// @tparam Presence a policy of the kind presence_policy.
template <class Member, class Presence>
class roster {
public:
    /// The number of members. Safe from any thread.
    [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool empty() const noexcept { return members_.empty(); }

    /// A number that no member of this room has had.
    [[nodiscard]] std::uint64_t next_id() noexcept { return ++last_id_; }

    /// Adds a member, whose id and person are set. O(1), or O(log members) once somebody was looked up by person.
    void add(const std::shared_ptr<Member>& member) {
        member->index_ = members_.size();
        members_.push_back(member);
        if (by_person_) by_person_->add(*member);
        size_.store(members_.size(), std::memory_order_relaxed);
    }
    /// Removes a member. @returns its ownership.
    [[nodiscard]] std::shared_ptr<Member> remove(const Member& member) {
        const std::size_t index = member.index_;
        members_.back()->index_ = index;
        std::swap(members_[index], members_.back());
        auto removed = std::move(members_.back());
        members_.pop_back();
        if (by_person_) by_person_->remove(*removed);
        size_.store(members_.size(), std::memory_order_relaxed);
        return removed;
    }

    /// The owning pointer to a member.
    [[nodiscard]] const std::shared_ptr<Member>& owner_of(const Member& member) const {
        return members_[member.index_];
    }

    /// Calls `visit(Member&)` for every member. Members may leave or join meanwhile: those who have left are not
    /// visited, nor those who join.
    template <class Visit>
    void for_each(Visit&& visit) const {
        const auto snapshot = members_;
        for (const auto& member : snapshot)
            if (member->is_joined()) visit(*member);
    }
    /// The members for whom `is_selected(const Member&)` is true. It may let members leave.
    template <class Predicate>
    [[nodiscard]] std::vector<std::shared_ptr<Member>> select(Predicate&& is_selected) const {
        std::vector<std::shared_ptr<Member>> selected;
        const auto snapshot = members_;
        std::copy_if(snapshot.begin(), snapshot.end(), std::back_inserter(selected),
                     [&](const auto& member) { return member->is_joined() && is_selected(std::as_const(*member)); });
        return selected;
    }

    /// The members by person. Built on first use, O(members): rooms in which nobody writes to one person alone do
    /// without.
    [[nodiscard]] const person_index<Member>& by_person() const {
        if (!by_person_) {
            by_person_.emplace();
            for (const auto& member : members_) by_person_->add(*member);
        }
        return *by_person_;
    }

    /// Closes all connections of a person. @returns how many.
    std::size_t kick(std::string_view person_id, std::uint16_t code, std::string_view reason) const {
        std::vector<std::shared_ptr<Member>> kicked;
        by_person().for_each(person_id, [&](const Member& member) { kicked.push_back(owner_of(member)); });
        for (const auto& member : kicked) member->close(code, reason);
        return kicked.size();
    }

    /// The persons who are present.
    [[nodiscard]] const Presence& presence() const noexcept { return presence_; }
    /// Notes that a member is present. @returns since when its person is, if that is news, see
    /// presence_with_grace::enter().
    std::optional<std::chrono::system_clock::time_point> enter(const Member& member) {
        return presence_.enter(member.person_, member.since());
    }
    /// Notes that a member has left. `on_leave(const std::shared_ptr<const person>&)` is called if that is news, see
    /// presence_with_grace::leave().
    template <class OnLeave>
    void leave(const Member& member, loop& home, OnLeave on_leave) {
        presence_.leave(member.person().id, home, std::move(on_leave));
    }

private:
    std::vector<std::shared_ptr<Member>> members_;
    mutable std::optional<person_index<Member>> by_person_;  // a cache, see by_person()
    Presence presence_;
    std::atomic<std::size_t> size_{0};
    std::uint64_t last_id_ = 0;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
