#pragma once
// The members of a room that live on one loop, and the fan-out to them.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/core/batch.hpp>
#include <roompp/core/member_concept.hpp>

namespace roompp {

/// Those who get what is broadcast, on one loop. Adding and removing is O(1). Not thread-safe.
///
/// The audience does not own the connections: whoever adds one removes it before it goes.
template <class Connection>
class audience {
    static_assert(member_concept<Connection>::check());

public:
    using batch_type = typename Connection::batch_type;

    [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }
    [[nodiscard]] bool empty() const noexcept { return connections_.empty(); }
    [[nodiscard]] bool contains(const seat& place) const noexcept {
        return place.index < seats_.size() && seats_[place.index] == &place;
    }

    /// Adds a connection. `place` must stay where it is until it is removed.
    void add(Connection& joining, seat& place) {
        place.index = connections_.size();
        connections_.push_back(&joining);
        seats_.push_back(&place);
    }

    /// Removes the connection that sits there; does nothing if none does.
    void remove(seat& place) noexcept {
        if (!contains(place)) return;
        const std::size_t gap = place.index;
        connections_[gap] = connections_.back();
        seats_[gap] = seats_.back();
        seats_[gap]->index = gap;
        connections_.pop_back();
        seats_.pop_back();
        place.index = seat::nowhere;
    }

    /// Hands a delivery to every member.
    void deliver(const delivery<batch_type>& messages) {
        std::size_t begin = 0;
        if (!messages.detours.empty()) {
            for (const std::size_t index : detoured(messages)) {
                fan_out(begin, index, messages.common);
                const auto own = messages.for_member(*seats_[index]);
                if (own->size() != 0) connections_[index]->deliver(own);
                begin = index + 1;
            }
        }
        fan_out(begin, connections_.size(), messages.common);
    }

private:
    template <class C, class = void>
    struct has_deliver_all : std::false_type {};
    template <class C>
    struct has_deliver_all<
        C, std::void_t<decltype(C::deliver_all(std::declval<C* const*>(), std::declval<C* const*>(),
                                               std::declval<const std::shared_ptr<const typename C::batch_type>&>()))>>
        : std::true_type {};

    // The members with a detour, by place, each once.
    std::vector<std::size_t> detoured(const delivery<batch_type>& messages) const {
        std::vector<std::size_t> places;
        for (const auto& one : messages.detours)
            if (contains(*one.who)) places.push_back(one.who->index);
        std::sort(places.begin(), places.end());
        places.erase(std::unique(places.begin(), places.end()), places.end());
        return places;
    }

    void fan_out(std::size_t from, std::size_t to, const std::shared_ptr<const batch_type>& batch) {
        if (from == to || batch->size() == 0) return;
        if constexpr (has_deliver_all<Connection>::value)
            Connection::deliver_all(connections_.data() + from, connections_.data() + to, batch);
        else
            for (std::size_t i = from; i < to; ++i) connections_[i]->deliver(batch);
    }

    std::vector<Connection*> connections_;  // apart from the seats: the fan-out walks these alone
    std::vector<seat*> seats_;
};

}  // namespace roompp
