#pragma once
// The members of a room by person.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Finds the members that are one person, among however many: O(log members) for each member found, added or removed. Does
/// not own them. A `Member` has an id() of its own and who().id, which do not change while it is in here.
template <class Member>
class person_index {
    using key = std::pair<std::string_view, std::uint64_t>;

public:
    void add(Member& one) { members_.emplace(key_of(one), &one); }
    void remove(const Member& one) noexcept { members_.erase(key_of(one)); }

    /// Whether there is such a member.
    [[nodiscard]] bool contains(std::string_view person_id) const {
        const auto found = members_.lower_bound(key(person_id, 0));
        return found != members_.end() && found->first.first == person_id;
    }
    /// Calls `visit(Member&)`, which must change nothing here, for each member of this person, in the order of their ids.
    /// @returns for how many.
    template <class Visit>
    std::size_t for_each(std::string_view person_id, Visit&& visit) const {
        std::size_t n = 0;
        for (auto one = members_.lower_bound(key(person_id, 0)); one != members_.end() && one->first.first == person_id;
             ++one, ++n)
            visit(*one->second);
        return n;
    }

private:
    static key key_of(const Member& one) noexcept { return {one.person().id, one.id()}; }

    std::map<key, Member*> members_;
};

ROOMPP_NAMESPACE_END
