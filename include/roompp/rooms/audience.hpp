#pragma once
// The members of a room that live on one loop, and the fan-out to them.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/base/slow_consumer.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/batch.hpp>
#include <roompp/rooms/member_concept.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The connections on one loop to which a room's messages are delivered. Adding and removing is O(1). Not thread-safe.
///
/// The audience does not own the connections: the caller of add() removes each before it is destroyed.
template <class Connection>
class audience {
    static_assert(member_concept<Connection>::conforms());

public:
    using batch_type = typename Connection::batch_type;

    /// The number of connections.
    [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }
    [[nodiscard]] bool empty() const noexcept { return connections_.empty(); }
    /// Whether the connection of this slot is in the audience.
    [[nodiscard]] bool contains(const subscriber_slot& slot) const noexcept {
        return slot.index < slots_.size() && slots_[slot.index] == &slot;
    }

    /// Adds a connection. `slot` must stay at one address until it is removed.
    void add(Connection& connection, subscriber_slot& slot) {
        slot.index = connections_.size();
        connections_.push_back(&connection);
        slots_.push_back(&slot);
    }

    /// Removes the connection of this slot; does nothing if it is not in the audience.
    void remove(subscriber_slot& slot) noexcept {
        if (!contains(slot)) return;
        const std::size_t gap = slot.index;
        connections_[gap] = connections_.back();
        slots_[gap] = slots_.back();
        slots_[gap]->index = gap;
        connections_.pop_back();
        slots_.pop_back();
        slot.index = subscriber_slot::npos;
    }

    /// Hands a delivery to every connection.
    /// @param slow what becomes of those that do not keep up.
    void deliver(const delivery<batch_type>& messages, when_slow slow = when_slow::disconnect) {
        std::size_t begin = 0;
        if (!messages.patches.empty()) {
            const auto patches = patches_by_index(messages);
            for (auto first = patches.begin(); first != patches.end();) {
                const std::size_t index = first->slot->index;
                const auto last =
                    std::find_if(first, patches.end(), [&](const auto& patch) { return patch.slot != first->slot; });
                fan_out(begin, index, messages.common, slow);
                const auto own = messages.with_patches(first, last);
                if (own->size() != 0) deliver_own(*connections_[index], own, slow);
                begin = index + 1;
                first = last;
            }
        }
        fan_out(begin, connections_.size(), messages.common, slow);
    }

    /// Hands a batch to the one connection that it is for, which need not be in the audience.
    static void deliver_own(Connection& connection, const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        if constexpr (has_deliver_own<Connection>::value)
            connection.deliver_own(batch, slow);
        else
            deliver_one(connection, batch, slow);
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

    // The patches for the connections of this audience, by index; those of one connection in their order.
    std::vector<typename delivery<batch_type>::member_patch> patches_by_index(
        const delivery<batch_type>& messages) const {
        std::vector<typename delivery<batch_type>::member_patch> sorted;
        for (const auto& patch : messages.patches)
            if (contains(*patch.slot)) sorted.push_back(patch);
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const auto& a, const auto& b) { return a.slot->index < b.slot->index; });
        return sorted;
    }

    static void deliver_one(Connection& connection, const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        if constexpr (has_deliver_slow<Connection>::value)
            connection.deliver(batch, slow);
        else
            connection.deliver(batch);
    }

    void fan_out(std::size_t begin, std::size_t end, const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        if (begin == end || batch->size() == 0) return;
        if constexpr (has_deliver_all<Connection>::value)
            Connection::deliver_all(connections_.data() + begin, connections_.data() + end, batch, slow);
        else
            for (std::size_t i = begin; i < end; ++i) deliver_one(*connections_[i], batch, slow);
    }

    std::vector<Connection*> connections_;  // apart from the slots: the fan-out reads these alone
    std::vector<subscriber_slot*> slots_;
};

ROOMPP_NAMESPACE_END
