#pragma once
// From a room to its members: every event encoded once for each encoding, one batch a turn, handed to each loop.

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/audience.hpp>
#include <roompp/rooms/batch.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Where a member sits in a fan_out; its owner keeps it in one place while the member is in.
struct member_slot {
    subscriber_slot subscriber;
    std::size_t group = 0;  ///< of the members that share its encoding
};

/// Brings what a room says to its members: those with one encoding share one batch, wherever they live. Belongs to the
/// room's home loop; hands batches, arrivals and departures to each member's loop, where they keep their order.
template <class Connection>
class fan_out {
public:
    using batch_type = typename Connection::batch_type;
    using encoding_type = encoding<batch_type>;

    /// @param home the loop it belongs to.
    /// @param slow what becomes of members that do not keep up.
    fan_out(loop& home, when_slow slow) : home_(home), slow_(slow), at_turn_end_([this] { flush(); }) {}

    /// Adds a member, which gets everything from now on, and `first` before that.
    /// @param owner keeps the connection and the place alive; it is held until both are out of use.
    template <class Owner>
    void add(const std::shared_ptr<Owner>& owner, const std::shared_ptr<Connection>& connection, member_slot& place,
             const std::shared_ptr<const encoding_type>& as, std::shared_ptr<const batch_type> first) {
        place.group = group_of(as);
        place.subscriber.loop = connection->home().index();
        group& joined = groups_[place.group];
        joined.gathered.begin(place.subscriber);
        const auto its = part_on(joined, connection->home());
        ++its->count;
        its->home.dispatch([its, owner, connection, &place, first = std::move(first), slow = slow_] {
            if (first->size() != 0) audience<Connection>::deliver_own(*connection, first, slow);
            its->members.add(*connection, place.subscriber);
        });
    }

    /// Removes a member, which still gets what was said before.
    template <class Owner>
    void remove(const std::shared_ptr<Owner>& owner, const std::shared_ptr<Connection>& connection,
                member_slot& place) {
        group& left = groups_[place.group];
        const auto its = part_on(left, connection->home());
        --its->count;
        its->home.dispatch([its, owner, connection, &place, last = left.gathered.end(place.subscriber), slow = slow_] {
            its->members.remove(place.subscriber);
            if (last) audience<Connection>::deliver_own(*connection, last, slow);
        });
    }

    /// Tells everyone.
    void tell(const room_event& event) {
        for (group& one : groups_)
            if (one.members() != 0) one.gathered.add([&](batch_type& batch) { append(one, batch, event); });
        flush_later();
    }
    /// Tells everyone but one.
    void broadcast_except(const member_slot& but, const room_event& event) {
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            group& one = groups_[i];
            if (one.members() == 0) continue;
            const auto encode = [&](batch_type& batch) { append(one, batch, event); };
            if (i == but.group)
                one.gathered.add_except(but.subscriber, encode);
            else
                one.gathered.add(encode);
        }
        flush_later();
    }
    /// Tells those for whom `wanted(visit)` calls `visit(const member_slot&)`, in order with what all are told.
    template <class Wanted>
    void send_to(const room_event& event, Wanted&& wanted) {
        std::vector<std::pair<bool, typename batch_builder<batch_type>::part>> encoded(groups_.size());
        wanted([&](const member_slot& to) {
            auto& [done, text] = encoded[to.group];
            group& one = groups_[to.group];
            if (!std::exchange(done, true))
                text = one.gathered.set_aside([&](batch_type& batch) { append(one, batch, event); });
            one.gathered.add_only(to.subscriber, text);
        });
        flush_later();
    }
    /// Sends a member a frame that is no event, in order with what it is told.
    void write(const member_slot& to, payload frame) {
        group& its = groups_[to.group];
        its.gathered.add_only(to.subscriber, its.gathered.set_aside([&](batch_type& batch) {
            if (its.encoding)
                its.encoding->append_frame(batch, frame);
            else
                batch.append(frame);
        }));
        flush_later();
    }

    /// Writes what was gathered in this turn now; the end of the turn does so by itself.
    void flush() {
        for (group& one : groups_) flush(one);
    }

private:
    // The members that live on one loop. The audience belongs to that loop, the count to the room's home.
    struct part {
        explicit part(loop& loop_of_members) : home(loop_of_members) {}
        loop& home;
        audience<Connection> members;
        std::size_t count = 0;
    };

    // The members that share an encoding.
    struct group {
        std::shared_ptr<const encoding_type> encoding;
        batch_builder<batch_type> gathered;
        std::vector<std::shared_ptr<part>> parts;  // by loop

        [[nodiscard]] std::size_t members() const noexcept {
            std::size_t n = 0;
            for (const auto& one : parts)
                if (one) n += one->count;
            return n;
        }
    };

    static void append(const group& its, batch_type& batch, const room_event& event) {
        if (its.encoding) return its.encoding->append(batch, event);
        if (event.kind != event_kind::join && event.kind != event_kind::leave) batch.append(event.message);
    }

    // Few: as many as the application has encodings.
    std::size_t group_of(const std::shared_ptr<const encoding_type>& as) {
        std::size_t i = 0;
        while (i < groups_.size() && groups_[i].encoding != as) ++i;
        if (i == groups_.size()) groups_.emplace_back().encoding = as;
        return i;
    }

    static std::shared_ptr<part> part_on(group& of, loop& where) {
        if (of.parts.size() <= where.index()) of.parts.resize(where.index() + 1);
        auto& found = of.parts[where.index()];
        if (!found) found = std::make_shared<part>(where);
        return found;
    }

    void flush_later() { home_.current_turn().add(at_turn_end_); }

    void flush(group& its) {
        if (its.gathered.empty()) return;
        auto messages = its.gathered.take();
        bool shared = false;
        for (const auto& each : its.parts) {
            if (!each || each->count == 0) continue;
            if (its.parts.size() == 1 && each->home.running_here()) {
                each->members.deliver(messages, slow_);
            } else {
                shared = true;
                each->home.dispatch([each, its_messages = messages.for_loop(each->home.index()), slow = slow_] {
                    each->members.deliver(its_messages, slow);
                });
            }
        }
        if (!shared) its.gathered.recycle(std::move(messages));
    }

    loop& home_;
    when_slow slow_;
    std::vector<group> groups_;
    turn::task at_turn_end_;
};

ROOMPP_NAMESPACE_END
