#pragma once
// Joins and leaves that a room's members are not yet told.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Gathers what changes among the persons of a room, and the members who joined meanwhile. What cancels out, as when somebody
/// comes and goes, is no news. Not thread-safe: belongs to the room's home loop.
template <class Member>
class presence_news {
public:
    /// A change of one person.
    struct change {
        std::shared_ptr<const person> subject;
        bool has_left = false;
    };

    /// Whether something waits to be told.
    [[nodiscard]] bool empty() const noexcept { return before_.empty() && newcomers_.empty(); }

    /// A person is about to change, or has just left.
    /// @param before what the members know of it; null: that it is not present.
    void note(const std::string& id, std::shared_ptr<const person> before) { before_.emplace(id, std::move(before)); }

    /// A member is to be shown everybody, instead of the changes.
    void add_newcomer(const std::shared_ptr<Member>& newcomer) { newcomers_.push_back(newcomer); }

    /// The changes since the last call, by the persons' ids.
    /// @param find `(const std::string& id)` gives the person as it is now; null: it is not present.
    template <class Find>
    [[nodiscard]] std::vector<change> take_changes(Find&& find) {
        std::vector<change> changes;
        for (auto& [id, before] : std::exchange(before_, {})) {
            std::shared_ptr<const person> now = find(id);
            if (!now && before)
                changes.push_back({before, true});
            else if (now && (!before || before->name != now->name || before->data != now->data))
                changes.push_back({std::move(now), false});
        }
        return changes;
    }

    /// Those who have been added since the last call; some of them may have left.
    [[nodiscard]] std::vector<std::shared_ptr<Member>> take_newcomers() { return std::exchange(newcomers_, {}); }

private:
    std::map<std::string, std::shared_ptr<const person>> before_;
    std::vector<std::shared_ptr<Member>> newcomers_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
