#pragma once
// A room: members, one order of messages, and the hooks of the application.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/core/audience.hpp>
#include <roompp/core/batch.hpp>
#include <roompp/core/close.hpp>
#include <roompp/core/handler.hpp>
#include <roompp/core/loop.hpp>
#include <roompp/core/payload.hpp>
#include <roompp/core/policies.hpp>

namespace roompp {

template <class Room>
class rooms;

/// What the application does when something happens in a room. Set through rooms; run on the room's home loop.
template <class Room>
struct room_hooks {
    using member = typename Room::member;
    handler<void(Room&)> created;
    handler<void(Room&, member&)> joined;
    handler<void(Room&, member&, payload)> message;
    handler<void(Room&, member&, const close_event&)> left;
    handler<void(Room&)> gone;
    handler<void(Room&, std::exception_ptr)> failed;
};

/// A room. Rooms are made by a `rooms` directory on the first join and go with their last member; policies are given as
/// template parameters (see policies.hpp), in any order.
///
/// A room is an actor: its hooks run one at a time on its home loop, so neither they nor state that only they use needs
/// a lock, whatever the number of threads. Every member sees the room's messages in one order.
///
/// Thread-safety: broadcast() and close() may be called from any thread; everything else on the home loop, where hooks
/// run, and where rooms::with() gets you.
template <class... Policies>
class basic_room : public std::enable_shared_from_this<basic_room<Policies...>> {
    static_assert((detail::is_policy<Policies>::value && ...),
                  "roompp: every template argument of basic_room must be a policy, such as roompp::of_members<...>");

    struct no_policy {};
    template <class Dummy>  // dependent, so that the default is looked at only where no policy is given
    struct members_policy {
        using found = typename detail::find_policy<connection_policy, no_policy, Policies...>::type;
        using type = std::conditional_t<std::is_same_v<found, no_policy>, default_members<Dummy>, found>;
    };

public:
    /// What the members are: see member_concept.
    using connection_type = typename members_policy<std::void_t<Policies...>>::type::connection_type;
    using batch_type = typename connection_type::batch_type;

    /// One connection's membership in one room, as the room's handlers see it.
    class member {
    public:
        /// For the directory: a member that waits to be let in.
        explicit member(std::shared_ptr<connection_type> connection) : connection_(std::move(connection)) {}
        member(const member&) = delete;
        member& operator=(const member&) = delete;

        /// A number that no other member of this room has had.
        [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
        /// Sends to this member alone, in order with what the room broadcasts. On the room's home loop.
        void send(payload message) {
            if (state_ == in) room_->send(*this, message);
        }
        /// Ends the connection with a close code and reason (RFC 6455, section 7.4); the member leaves when it has
        /// ended. Safe from any thread.
        void close(std::uint16_t code = close_code::normal, std::string_view reason = {}) {
            connection_->close(code, reason);
        }
        /// Leaves the room; the connection stays. On the room's home loop.
        void leave() {
            if (state_ == in) room_->remove(*this, {close_code::normal, {}});
        }
        /// The connection.
        [[nodiscard]] connection_type& connection() const noexcept { return *connection_; }

    private:
        friend class basic_room;
        friend class rooms<basic_room>;
        enum membership_state : unsigned char { waiting, in, out };

        std::shared_ptr<connection_type> connection_;
        basic_room* room_ = nullptr;  // while in
        std::uint64_t id_ = 0;
        std::size_t index_ = 0;  // among the room's members
        seat place_;             // in the audience of the connection's loop, and that loop's to change
        membership_state state_ = waiting;
    };

    /// For the directory; an application never makes a room itself.
    basic_room(std::string name, loop& home, std::shared_ptr<const room_hooks<basic_room>> hooks)
        : name_(std::move(name)), home_(home), hooks_(std::move(hooks)), at_turn_end_([this] { flush(); }) {}
    basic_room(const basic_room&) = delete;
    basic_room& operator=(const basic_room&) = delete;

    /// The name under which it is in its directory. Safe from any thread.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// The number of members. Safe from any thread; exact on the home loop.
    [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    /// The loop on which the room's hooks run. Safe from any thread.
    [[nodiscard]] loop& home() const noexcept { return home_; }

    /// Sends to every member. Safe from any thread: elsewhere than on the home loop, the message is copied and takes
    /// its place in the room's order when it gets there.
    void broadcast(payload message) {
        if (!home_.running_here()) return later(message, [](basic_room& room, payload text) { room.broadcast(text); });
        if (members_.empty()) return;
        gathered_.add(message);
        home_.current_turn().add(at_turn_end_);
    }

    /// Sends to every member but one.
    void broadcast_except(const member& one, payload message) {
        if (one.state_ != member::in || one.room_ != this) return broadcast(message);
        gathered_.add_except(one.place_, message);
        home_.current_turn().add(at_turn_end_);
    }

    /// Sends to one member, in order with what is broadcast.
    void send(member& one, payload message) {
        if (one.state_ != member::in || one.room_ != this) return;
        gathered_.add_only(one.place_, message);
        home_.current_turn().add(at_turn_end_);
    }

    /// Calls `visit(member&)` for every member. Members may be closed or leave meanwhile.
    template <class Visit>
    void for_each(Visit&& visit) {
        const auto all = members_;
        for (const auto& one : all)
            if (one->state_ == member::in) visit(*one);
    }

    /// Closes every member's connection. Safe from any thread.
    void close(std::uint16_t code = close_code::going_away, std::string_view reason = {}) {
        if (!home_.running_here())
            return later(reason, [code](basic_room& room, payload text) { room.close(code, text.data()); });
        for_each([&](member& one) { one.close(code, reason); });
    }

    /// Writes what was gathered in this turn now; the end of the turn does so by itself.
    void flush() {
        if (gathered_.empty()) return;
        auto messages = gathered_.take();
        bool shared = false;
        for (const auto& each : parts_) {
            if (!each || each->count == 0) continue;
            if (parts_.size() == 1 && each->home.running_here()) {
                each->members.deliver(messages);
            } else {
                shared = true;
                each->home.dispatch(
                    [each, its = messages.for_loop(each->home.index())] { each->members.deliver(its); });
            }
        }
        if (!shared) gathered_.recycle(std::move(messages));
    }

private:
    friend class rooms<basic_room>;
    friend class member;

    // The members that live on one loop. The audience belongs to that loop, the count to the room's home.
    struct part {
        explicit part(loop& loop_of_members) : home(loop_of_members) {}
        loop& home;
        audience<connection_type> members;
        std::size_t count = 0;
    };

    template <class Action>
    void later(payload message, Action action) {
        home_.post([self = this->shared_from_this(), copy = std::string(message.data()), kind = message.kind(),
                    action] { action(*self, payload(copy, kind)); });
    }

    part& part_on(loop& where) {
        if (parts_.size() <= where.index()) parts_.resize(where.index() + 1);
        auto& found = parts_[where.index()];
        if (!found) found = std::make_shared<part>(where);
        return *found;
    }

    void add(const std::shared_ptr<member>& joining) {
        flush();  // who joins now must not get what was said before
        joining->room_ = this;
        joining->id_ = ++last_member_id_;
        joining->state_ = member::in;
        joining->index_ = members_.size();
        joining->place_.loop = joining->connection_->home().index();
        members_.push_back(joining);
        size_.store(members_.size(), std::memory_order_relaxed);

        part& its = part_on(joining->connection_->home());
        ++its.count;
        its.home.dispatch(
            [part = parts_[its.home.index()], joining] { part->members.add(*joining->connection_, joining->place_); });
    }

    void remove(member& leaving, const close_event& why) {
        const auto self = this->shared_from_this();  // the last member's leaving ends the room
        flush();                                     // what was said before it left is its as well
        const auto kept = members_[leaving.index_];
        members_.back()->index_ = leaving.index_;
        members_[leaving.index_].swap(members_.back());
        members_.pop_back();
        size_.store(members_.size(), std::memory_order_relaxed);
        leaving.state_ = member::out;

        part& its = part_on(leaving.connection_->home());
        --its.count;
        its.home.dispatch([part = parts_[its.home.index()], kept] { part->members.remove(kept->place_); });

        guarded(nullptr, [&] {
            if (hooks_->left) hooks_->left(*this, leaving, why);
        });
        leaving.room_ = nullptr;
        if (members_.empty() && on_empty_) on_empty_(*this);
    }

    void receive(member& from, payload message) {
        if (from.state_ != member::in) return;
        const auto self = this->shared_from_this();  // a hook may make the last member leave
        guarded(&from, [&] {
            if (hooks_->message)
                hooks_->message(*this, from, message);
            else
                broadcast(message);
        });
    }

    // An exception in a handler ends only the connection that it was called for, and is reported.
    template <class Action>
    void guarded(member* about, Action&& action) {
        try {
            action();
        } catch (...) {
            if (about) about->close(close_code::internal_error, "internal error");
            report(std::current_exception());
        }
    }

    void report(const std::exception_ptr& what) noexcept {
        try {
            if (hooks_->failed) hooks_->failed(*this, what);
        } catch (...) {  // there is nobody left to tell
        }
    }

    std::string name_;
    loop& home_;
    std::shared_ptr<const room_hooks<basic_room>> hooks_;
    std::vector<std::shared_ptr<member>> members_;
    std::vector<std::shared_ptr<part>> parts_;  // by loop
    batch_builder<batch_type> gathered_;
    turn::task at_turn_end_;
    std::function<void(basic_room&)> on_empty_;  // tells the directory
    std::atomic<std::size_t> size_{0};
    std::uint64_t last_member_id_ = 0;
};

}  // namespace roompp
