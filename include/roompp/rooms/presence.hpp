#pragma once
// Who is in a room.

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

/// Policy (the default): the room does not tell who is there.
struct no_presence {
    using policy_kind = presence_policy;
    static constexpr bool tells = false;
};

/// Policy: the room knows the persons who are there, tells each member who joins, and tells the others when a person's
/// first connection comes and when the last one goes. Whoever comes back within `GraceSeconds` was never gone for the
/// others: a short loss of the network is no news.
///
/// What a joining member is told is the state right before the events that follow. O(log persons) for a join or leave;
/// telling a joining member is O(persons), at most `MostTold` of them.
template <long GraceSeconds = 0, std::size_t MostTold = 1000>
class presence_with_grace {
    static_assert(GraceSeconds >= 0, "roompp: the grace of a presence is in seconds, 0 for none");

public:
    using policy_kind = presence_policy;
    static constexpr bool tells = true;

    /// A connection of this person has come. The latest name and data count for all of them.
    /// @returns since when the person is there, if that is news: nobody of this id was there, or it was not called so.
    std::optional<std::chrono::system_clock::time_point> enter(const std::shared_ptr<const person>& who,
                                                               std::chrono::system_clock::time_point now) {
        auto& [entry, grace] = people_[who->id];
        if (!entry.person) entry.since = now;
        const bool news = !entry.person || entry.person->name != who->name || entry.person->data != who->data;
        entry.person = who;
        ++entry.connections;
        grace.cancel();
        return news ? std::optional(entry.since) : std::nullopt;
    }

    /// A connection of this person has gone. When nobody of that id is left, and the grace is over, `gone(person)` is
    /// called: at once without a grace, else later on the loop.
    template <class Gone>
    void leave(const std::string& id, loop& home, Gone gone) {
        const auto found = people_.find(id);
        if (found == people_.end() || --found->second.entry.connections != 0) return;
        if constexpr (GraceSeconds == 0) {
            const auto who = forget(found);
            gone(*who);
        } else {
            found->second.grace = home.after(std::chrono::seconds(GraceSeconds), [this, id, gone] {
                if (const auto still = people_.find(id); still != people_.end()) {
                    const auto who = forget(still);
                    gone(*who);
                }
            });
        }
    }

    /// How many persons are there.
    [[nodiscard]] std::size_t size() const noexcept { return people_.size(); }

    /// The persons who are there, by id, at most `most` of them.
    [[nodiscard]] std::vector<presence_entry> list(std::size_t most = MostTold) const {
        std::vector<presence_entry> listed;
        listed.reserve((std::min)(most, people_.size()));
        for (const auto& [id, one] : people_) {
            if (listed.size() == most) break;
            listed.push_back(one.entry);
        }
        return listed;
    }

private:
    struct present {
        presence_entry entry;
        loop::timer grace;
    };
    using people = std::map<std::string, present>;

    std::shared_ptr<const person> forget(typename people::iterator one) {
        auto who = std::move(one->second.entry.person);
        people_.erase(one);
        return who;
    }

    people people_;
};

/// Policy: the room tells who is there, without a grace.
using presence = presence_with_grace<>;

ROOMPP_NAMESPACE_END
