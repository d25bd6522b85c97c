#pragma once
// The members of a room that live on one loop, and the fan-out to them.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/rooms/batch.hpp>
#include <roompp/rooms/member_concept.hpp>
#include <roompp/rooms/policies.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Those who get what is broadcast, on one loop. Adding and removing is O(1). Not thread-safe.
///
/// The audience does not own the connections: whoever adds one removes it before it goes.
template <class Connection>
class audience {
    static_assert(member_concept<Connection>::conforms());

public:
    using batch_type = typename Connection::batch_type;

    [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }
    [[nodiscard]] bool empty() const noexcept { return connections_.empty(); }
    [[nodiscard]] bool contains(const subscriber_slot& place) const noexcept {
        return place.index < slots_.size() && slots_[place.index] == &place;
    }

    /// Adds a connection. `place` must stay where it is until it is removed.
    void add(Connection& joining, subscriber_slot& place) {
        place.index = connections_.size();
        connections_.push_back(&joining);
        slots_.push_back(&place);
    }

    /// Removes the connection that sits there; does nothing if none does.
    void remove(subscriber_slot& place) noexcept {
        if (!contains(place)) return;
        const std::size_t gap = place.index;
        connections_[gap] = connections_.back();
        slots_[gap] = slots_.back();
        slots_[gap]->index = gap;
        connections_.pop_back();
        slots_.pop_back();
        place.index = subscriber_slot::npos;
    }

    /// Hands a delivery to every member.
    /// @param slow what becomes of members that do not keep up.
    void deliver(const delivery<batch_type>& messages, when_slow slow = when_slow::disconnect) {
        std::size_t begin = 0;
        if (!messages.patches.empty()) {
            const auto patches = by_seat(messages);
            for (auto first = patches.begin(); first != patches.end();) {
                const std::size_t index = first->slot->index;
                const auto last =
                    std::find_if(first, patches.end(), [&](const auto& one) { return one.slot != first->slot; });
                fan_out(begin, index, messages.common, slow);
                const auto own = messages.with_patches(first, last);
                if (own->size() != 0) deliver_own(*connections_[index], own, slow);
                begin = index + 1;
                first = last;
            }
        }
        fan_out(begin, connections_.size(), messages.common, slow);
    }

    /// Hands a batch to the connection of the one member that it is for, which need not be in the audience.
    static void deliver_own(Connection& to, const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        if constexpr (has_deliver_own<Connection>::value)
            to.deliver_own(batch, slow);
        else
            deliver_one(to, batch, slow);
    }

private:
    template <class C, class = void>
    struct has_deliver_all : std::false_type {};
    template <class C>
    struct has_deliver_all<C, std::void_t<decltype(C::deliver_all(
                                  std::declval<C* const*>(), std::declval<C* const*>(),
                                  std::declval<const std::shared_ptr<const typename C::batch_type>&>(), when_slow{}))>>
        : std::true_type {};
    template <class C, class = void>
    struct has_deliver_own : std::false_type {};
    template <class C>
    struct has_deliver_own<C, std::void_t<decltype(std::declval<C&>().deliver_own(
                                  std::declval<const std::shared_ptr<const typename C::batch_type>&>(), when_slow{}))>>
        : std::true_type {};
    template <class C, class = void>
    struct has_deliver_slow : std::false_type {};
    template <class C>
    struct has_deliver_slow<C, std::void_t<decltype(std::declval<C&>().deliver(
                                   std::declval<const std::shared_ptr<const typename C::batch_type>&>(), when_slow{}))>>
        : std::true_type {};

    // The patches of those who are here, by seat; those of one seat in their order.
    std::vector<typename delivery<batch_type>::member_patch> by_seat(const delivery<batch_type>& messages) const {
        std::vector<typename delivery<batch_type>::member_patch> sorted;
        for (const auto& one : messages.patches)
            if (contains(*one.slot)) sorted.push_back(one);
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const auto& a, const auto& b) { return a.slot->index < b.slot->index; });
        return sorted;
    }

    static void deliver_one(Connection& to, const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        if constexpr (has_deliver_slow<Connection>::value)
            to.deliver(batch, slow);
        else
            to.deliver(batch);
    }

    void fan_out(std::size_t from, std::size_t to, const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        if (from == to || batch->size() == 0) return;
        if constexpr (has_deliver_all<Connection>::value)
            Connection::deliver_all(connections_.data() + from, connections_.data() + to, batch, slow);
        else
            for (std::size_t i = from; i < to; ++i) deliver_one(*connections_[i], batch, slow);
    }

    std::vector<Connection*> connections_;  // apart from the seats: the fan-out walks these alone
    std::vector<subscriber_slot*> slots_;
};

ROOMPP_NAMESPACE_END
