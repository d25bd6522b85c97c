#pragma once
// The persons in a room, and their coming and going.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Policy (the default): members are not notified of each other.
struct no_presence {
    using policy_kind = presence_policy;
    static constexpr bool tells = false;
};

/// Policy: the room knows the persons in it, shows them to each member who joins, and notifies the others when a
/// person's first connection joins and when the last one leaves. A person who comes back within `GraceSeconds` never
/// left for the others: a short loss of the network is no news.
///
/// A joining member is shown the state right before the events that follow. O(log persons) for a join or leave; the
/// list for a joining member is O(persons), at most `MaxListed` of them. Not thread-safe: belongs to the room's home
/// loop.
template <long GraceSeconds = 0, std::size_t MaxListed = 1000>
class presence_with_grace {
    static_assert(GraceSeconds >= 0, "roompp: the grace of a presence is in seconds, 0 for none");

public:
    using policy_kind = presence_policy;
    static constexpr bool tells = true;

    /// A connection of this person has joined. The latest name and data count for all of its connections.
    /// @returns since when the person is present, if that is news: it was not, or had another name or other data.
    std::optional<std::chrono::system_clock::time_point> enter(const std::shared_ptr<const person>& person,
                                                               std::chrono::system_clock::time_point now) {
        auto& [entry, grace] = people_[person->id];
        if (!entry.person) entry.since = now;
        const bool is_news = !entry.person || entry.person->name != person->name || entry.person->data != person->data;
        entry.person = person;
        ++entry.connections;
        grace.cancel();
        return is_news ? std::optional(entry.since) : std::nullopt;
    }

    /// A connection of this person has left. `on_leave(const std::shared_ptr<const person>&)` is called when none is left and the grace has passed:
    /// at once without a grace, else by a timer of the loop.
    template <class OnLeave>
    void leave(const std::string& id, loop& home, OnLeave on_leave) {
        const auto found = people_.find(id);
        if (found == people_.end() || --found->second.entry.connections != 0) return;
        if constexpr (GraceSeconds == 0) {
            const auto person = extract(found);
            on_leave(person);
        } else {
            found->second.grace = home.after(std::chrono::seconds(GraceSeconds), [this, id, on_leave] {
                if (const auto expired = people_.find(id); expired != people_.end()) {
                    const auto person = extract(expired);
                    on_leave(person);
                }
            });
        }
    }

    /// The person of this id; null if it is not present.
    [[nodiscard]] const presence_entry* find(const std::string& id) const {
        const auto found = people_.find(id);
        return found == people_.end() ? nullptr : &found->second.entry;
    }

    /// The number of persons.
    [[nodiscard]] std::size_t size() const noexcept { return people_.size(); }

    /// The persons, by id, at most `max_count` of them.
    [[nodiscard]] std::vector<presence_entry> list(std::size_t max_count = MaxListed) const {
        std::vector<presence_entry> entries;
        entries.reserve((std::min)(max_count, people_.size()));
        for (const auto& [id, present] : people_) {
            if (entries.size() == max_count) break;
            entries.push_back(present.entry);
        }
        return entries;
    }

private:
    struct present_person {
        presence_entry entry;
        loop::timer grace;
    };
    using people = std::map<std::string, present_person>;

    std::shared_ptr<const person> extract(typename people::iterator position) {
        auto person = std::move(position->second.entry.person);
        people_.erase(position);
        return person;
    }

    people people_;
};

/// Policy: members are notified of each other, without a grace.
using presence = presence_with_grace<>;

ROOMPP_NAMESPACE_END
