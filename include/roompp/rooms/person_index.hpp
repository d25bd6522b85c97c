#pragma once
// The members of a room by person.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Finds the connections of one person among any number of members: O(log members) for each member found, added or
/// removed. Does not own them. A `Member` has a unique id() and a person().id, which do not change while it is in the
/// index. Not thread-safe.
template <class Member>
class person_index {
    using key = std::pair<std::string_view, std::uint64_t>;

public:
    void add(Member& member) { members_.emplace(key_of(member), &member); }
    void remove(const Member& member) noexcept { members_.erase(key_of(member)); }

    /// Whether there is a member of this person.
    [[nodiscard]] bool contains(std::string_view person_id) const {
        const auto found = members_.lower_bound(key(person_id, 0));
        return found != members_.end() && found->first.first == person_id;
    }
    /// Calls `visit(Member&)` for each member of this person, in the order of their ids. `visit` must not change the
    /// index.
    /// @returns the number of members.
    template <class Visit>
    std::size_t for_each(std::string_view person_id, Visit&& visit) const {
        std::size_t count = 0;
        for (auto it = members_.lower_bound(key(person_id, 0)); it != members_.end() && it->first.first == person_id;
             ++it, ++count)
            visit(*it->second);
        return count;
    }

private:
    static key key_of(const Member& member) noexcept { return {member.person().id, member.id()}; }

    std::map<key, Member*> members_;
};

ROOMPP_NAMESPACE_END
