#pragma once
// From a room to its members: every event encoded once for each encoding, one batch a turn, handed to each loop.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/audience.hpp>
#include <roompp/rooms/batch.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A member's position in a fan_out. Its owner keeps it at one address while the member is in.
struct member_slot {
    subscriber_slot subscriber;
    std::size_t group = 0;  ///< of the members that share its encoding
};

/// Brings a room's events to its members: those with one encoding share one batch, whatever their loops. Belongs to the
/// room's home loop; hands batches, arrivals and departures to each member's loop, where they keep their order.
template <class Connection>
class fan_out {
public:
    using batch_type = typename Connection::batch_type;
    using encoding_type = encoding<batch_type>;

    /// @param home the loop to which it belongs.
    /// @param slow what becomes of members that do not keep up.
    fan_out(loop& home, when_slow slow) : home_(home), slow_(slow), flush_task_([this] { flush(); }) {}

    /// Adds a member, which gets `first`, and after that every event from now on.
    /// @param owner keeps the slot alive; released when the member's loop does not need it any more.
    template <class Owner>
    void add(const std::shared_ptr<Owner>& owner, const std::shared_ptr<Connection>& connection, member_slot& slot,
             const std::shared_ptr<const encoding_type>& encoding, std::shared_ptr<const batch_type> first) {
        slot.group = group_of(encoding);
        slot.subscriber.loop = connection->home().index();
        encoding_group& group = groups_[slot.group];
        group.gathered.begin(slot.subscriber);
        const auto part = part_on(group, connection->home());
        ++part->count;
        part->home.dispatch([part, owner, connection, &slot, first = std::move(first), slow = slow_] {
            if (first->size() != 0) audience<Connection>::deliver_own(*connection, first, slow);
            part->members.add(*connection, slot.subscriber);
        });
    }

    /// Removes a member, which still gets what was sent before.
    template <class Owner>
    void remove(const std::shared_ptr<Owner>& owner, const std::shared_ptr<Connection>& connection, member_slot& slot) {
        encoding_group& group = groups_[slot.group];
        const auto part = part_on(group, connection->home());
        --part->count;
        part->home.dispatch([part, owner, connection, &slot, last = group.gathered.end(slot.subscriber), slow = slow_] {
            part->members.remove(slot.subscriber);
            if (last) audience<Connection>::deliver_own(*connection, last, slow);
        });
    }

    /// Sends an event to every member.
    void broadcast(const room_event& event) {
        for (encoding_group& group : groups_)
            if (group.size() != 0) group.gathered.add([&](batch_type& batch) { append(group, batch, event); });
        schedule_flush();
    }
    /// Sends an event to every member except one.
    void broadcast_except(const member_slot& except, const room_event& event) {
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            encoding_group& group = groups_[i];
            if (group.size() == 0) continue;
            const auto encode = [&](batch_type& batch) { append(group, batch, event); };
            if (i == except.group)
                group.gathered.add_except(except.subscriber, encode);
            else
                group.gathered.add(encode);
        }
        schedule_flush();
    }
    /// Sends an event to some members, in order with what is broadcast: `select(send)` calls `send(const member_slot&)`
    /// for each of them.
    template <class Select>
    void send_to(const room_event& event, Select&& select) {
        std::vector<std::pair<bool, typename batch_builder<batch_type>::range>> encoded(groups_.size());
        select([&](const member_slot& slot) {
            auto& [done, range] = encoded[slot.group];
            encoding_group& group = groups_[slot.group];
            if (!std::exchange(done, true))
                range = group.gathered.add_private([&](batch_type& batch) { append(group, batch, event); });
            group.gathered.add_only(slot.subscriber, range);
        });
        schedule_flush();
    }
    /// Sends some events to every member except the newcomers, who are shown the people instead. Members without an encoding
    /// get neither.
    /// @param newcomers the slots of members.
    void broadcast_presence(const std::vector<room_event>& events, const std::vector<const member_slot*>& newcomers,
                            std::size_t people_count, const std::vector<presence_entry>& people) {
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            encoding_group& group = groups_[i];
            if (group.size() == 0 || !group.encoding) continue;
            const auto is_in_group = [i](const member_slot* slot) { return slot->group == i; };
            typename batch_builder<batch_type>::range shown;
            if (std::any_of(newcomers.begin(), newcomers.end(), is_in_group))
                shown = group.gathered.add_private(
                    [&](batch_type& batch) { group.encoding->append_people(batch, people_count, people); });
            group.gathered.add_replaced(
                [&](batch_type& batch) {
                    for (const room_event& event : events) group.encoding->append(batch, event);
                },
                shown,
                [&](const auto& replace) {
                    for (const member_slot* slot : newcomers)
                        if (is_in_group(slot)) replace(slot->subscriber);
                });
        }
        schedule_flush();
    }
    /// Sends a member a frame that is no event, in order with its events.
    void write(const member_slot& slot, payload frame) {
        encoding_group& group = groups_[slot.group];
        group.gathered.add_only(slot.subscriber, group.gathered.add_private([&](batch_type& batch) {
            if (group.encoding)
                group.encoding->append_frame(batch, frame);
            else
                batch.append(frame);
        }));
        schedule_flush();
    }

    /// Writes now what was gathered in this turn; the end of the turn does so by itself.
    void flush() {
        for (encoding_group& group : groups_) flush(group);
    }

private:
    // The members on one loop. The audience belongs to that loop, the count to the room's home.
    struct loop_part {
        explicit loop_part(loop& loop_of_members) : home(loop_of_members) {}
        loop& home;
        audience<Connection> members;
        std::size_t count = 0;
    };

    // The members that share an encoding.
    struct encoding_group {
        std::shared_ptr<const encoding_type> encoding;
        batch_builder<batch_type> gathered;
        std::vector<std::shared_ptr<loop_part>> parts;  // by the loops' indices

        [[nodiscard]] std::size_t size() const noexcept {
            std::size_t count = 0;
            for (const auto& part : parts)
                if (part) count += part->count;
            return count;
        }
    };

    static void append(const encoding_group& group, batch_type& batch, const room_event& event) {
        if (group.encoding) return group.encoding->append(batch, event);
        if (event.kind != event_kind::join && event.kind != event_kind::leave) batch.append(event.message);
    }

    // There are few groups: as many as the application has encodings.
    std::size_t group_of(const std::shared_ptr<const encoding_type>& encoding) {
        std::size_t i = 0;
        while (i < groups_.size() && groups_[i].encoding != encoding) ++i;
        if (i == groups_.size()) groups_.emplace_back().encoding = encoding;
        return i;
    }

    static std::shared_ptr<loop_part> part_on(encoding_group& group, loop& home) {
        if (group.parts.size() <= home.index()) group.parts.resize(home.index() + 1);
        auto& part = group.parts[home.index()];
        if (!part) part = std::make_shared<loop_part>(home);
        return part;
    }

    void schedule_flush() { home_.current_turn().add(flush_task_); }

    void flush(encoding_group& group) {
        if (group.gathered.empty()) return;
        auto messages = group.gathered.take();
        bool is_shared = false;
        for (const auto& part : group.parts) {
            if (!part || part->count == 0) continue;
            if (group.parts.size() == 1 && part->home.running_here()) {
                part->members.deliver(messages, slow_);
            } else {
                is_shared = true;
                part->home.dispatch([part, messages_of_loop = messages.for_loop(part->home.index()), slow = slow_] {
                    part->members.deliver(messages_of_loop, slow);
                });
            }
        }
        if (!is_shared) group.gathered.recycle(std::move(messages));
    }

    loop& home_;
    when_slow slow_;
    std::vector<encoding_group> groups_;
    turn::task flush_task_;
};

ROOMPP_NAMESPACE_END
