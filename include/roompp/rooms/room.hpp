#pragma once
// A room: members, one order of messages, and the hooks of the application.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/epoch.hpp>
#include <roompp/rooms/fan_out.hpp>
#include <roompp/rooms/history.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/member.hpp>
#include <roompp/rooms/person_index.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/presence.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/room_hooks.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A room. Rooms are made by a `rooms` directory on the first join and go with their last member (with a history: a
/// little later); policies are given as template parameters (see policies.hpp), in any order.
///
/// A room is an actor: its hooks run one at a time on its home loop, so neither they nor state that only they use needs
/// a lock, whatever the number of threads. Every member sees the room's messages in one order; their numbers rise by one
/// within the room's epoch.
///
/// Thread-safety: broadcast(), signal() and close() may be called from any thread; everything else on the home loop,
/// where hooks run, and where rooms::with() gets you.
template <class... Policies>
class basic_room : public std::enable_shared_from_this<basic_room<Policies...>> {
    static_assert((detail::is_policy<Policies>::value && ...),
                  "roompp: every template argument of basic_room must be a policy, such as roompp::ring_history<100>");

    static_assert(((detail::count_policies<typename Policies::policy_kind, Policies...> == 1) && ...),
                  "roompp: a room can have only one policy of each kind, such as one history");

    struct no_policy {};
    template <class Dummy>  // dependent, so that the default is looked at only where no policy is given
    struct members_policy {
        using found = typename detail::find_policy<connection_policy, no_policy, Policies...>::type;
        using type = std::conditional_t<std::is_same_v<found, no_policy>, default_members<Dummy>, found>;
    };
    template <class Kind, class Default>
    using policy = typename detail::find_policy<Kind, Default, Policies...>::type;
    template <class Message>
    using enable_for_values = detail::enable_for_values<Message, policy<message_policy, detail::bare_messages>>;

public:
    /// What the members are: see member_concept.
    using connection_type = typename members_policy<std::void_t<Policies...>>::type::connection_type;
    using batch_type = typename connection_type::batch_type;
    using history_type = policy<history_policy, no_history>;
    using presence_type = policy<presence_policy, no_presence>;
    using state_type = typename policy<room_state_policy, room_state<detail::no_state>>::state_type;
    using member_state_type = typename policy<member_state_policy, member_state<detail::no_state>>::state_type;
    /// What message hooks are given, and how it is read from a payload: the payload itself, unless a policy says otherwise.
    using messages = policy<message_policy, detail::bare_messages>;
    using message_type = typename messages::message_type;
    using member = room_member<basic_room>;
    /// Called when a member's message has been handled, with its number: that of the first message that the member said
    /// to the room meanwhile (member.broadcast()); 0: none.
    using receipt = std::function<void(basic_room&, member&, std::uint64_t id)>;

    /// For the directory; an application never makes a room itself.
    basic_room(std::string name, loop& home, std::shared_ptr<const room_hooks<basic_room>> hooks)
        : name_(std::move(name)),
          home_(home),
          hooks_(std::move(hooks)),
          out_(home, policy<slow_policy, disconnect_slow>::what) {}
    basic_room(const basic_room&) = delete;
    basic_room& operator=(const basic_room&) = delete;

    /// The name under which it is in its directory. Safe from any thread.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// The number of members. Safe from any thread; exact on the home loop.
    [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    /// The loop on which the room's hooks run. Safe from any thread.
    [[nodiscard]] loop& home() const noexcept { return home_; }
    /// What the application keeps in the room (see room_state).
    [[nodiscard]] state_type& state() noexcept { return state_; }
    [[nodiscard]] const state_type& state() const noexcept { return state_; }
    /// Of the message numbers: another room, or the same after it had gone, has another one. Safe from any thread.
    [[nodiscard]] const std::string& epoch() const noexcept { return epoch_; }
    /// The number of the latest message; 0: there was none.
    [[nodiscard]] std::uint64_t last_id() const noexcept { return last_id_; }

    /// Says something to every member, in the server's name. Safe from any thread: elsewhere than on the home loop, the
    /// message is copied and takes its place in the room's order when it gets there.
    /// @returns the message's number; 0 if called elsewhere than on the home loop.
    std::uint64_t broadcast(payload message) {
        if (home_.running_here()) return publish(nullptr, nullptr, message);
        later(message, [](basic_room& self, payload text) { self.broadcast(text); });
        return 0;
    }
    /// The same with a value, in a room of typed messages (see roompp/typed.hpp): here and below.
    template <class Message, class = enable_for_values<Message>>
    std::uint64_t broadcast(const Message& value) {
        return broadcast(messages::write(value));
    }
    /// Says something to every member but one, in the server's name. It has a number and is kept like any other message.
    std::uint64_t broadcast_except(const member& one, payload message) {
        return publish(nullptr, is_here(one) ? &one : nullptr, message);
    }
    template <class Message, class = enable_for_values<Message>>
    std::uint64_t broadcast_except(const member& one, const Message& value) {
        return broadcast_except(one, messages::write(value));
    }
    /// Says something to the members for whom `wanted(const member&)` is true: it has no number and is not kept. O(members).
    template <class Wanted>
    void broadcast_if(Wanted&& wanted, payload message) {
        std::vector<std::shared_ptr<member>> chosen;  // first: whatever it does
        const auto all = members_;
        std::copy_if(all.begin(), all.end(), std::back_inserter(chosen),
                     [&](const auto& one) { return one->in() && wanted(std::as_const(*one)); });
        out_.send_to(event_of(event_kind::direct, nullptr, message), [&](const auto& tell) {
            for (const auto& one : chosen)
                if (one->in()) tell(one->place_);
        });
    }
    template <class Wanted, class Message, class = enable_for_values<Message>>
    void broadcast_if(Wanted&& wanted, const Message& value) {
        broadcast_if(std::forward<Wanted>(wanted), messages::write(value));
    }
    /// Tells every member something of the moment, in the server's name: it has no number and is not kept. Safe from any
    /// thread.
    void signal(payload message) {
        if (!home_.running_here()) return later(message, [](basic_room& self, payload text) { self.signal(text); });
        out_.tell(event_of(event_kind::signal, nullptr, message));
    }
    template <class Message, class = enable_for_values<Message>>
    void signal(const Message& value) {
        signal(messages::write(value));
    }

    /// Sends to one member, in order with what is broadcast.
    void send(member& one, payload message) {
        if (is_here(one))
            out_.send_to(event_of(event_kind::direct, nullptr, message), [&](const auto& tell) { tell(one.place_); });
    }
    template <class Message, class = enable_for_values<Message>>
    void send(member& one, const Message& value) {
        send(one, messages::write(value));
    }
    /// Sends to all connections of one person. O(log members) for each of them; the first time that a person is looked
    /// for, here or by member.send_to(), has() or kick(), O(members).
    /// @returns to how many.
    std::size_t send_to(std::string_view person_id, payload message) {
        auto event = event_of(event_kind::direct, nullptr, message);
        event.recipient = person_id;
        std::size_t reached = 0;
        out_.send_to(event, [&](const auto& tell) {
            reached = by_person().for_each(person_id, [&](const member& one) { tell(one.place_); });
        });
        return reached;
    }
    template <class Message, class = enable_for_values<Message>>
    std::size_t send_to(std::string_view person_id, const Message& value) {
        return send_to(person_id, messages::write(value));
    }
    /// Sends one member a frame as it is, see member::write().
    void write(member& one, payload frame) {
        if (is_here(one)) out_.write(one.place_, frame);
    }

    /// Calls `visit(member&)` for every member. Members may be closed or leave meanwhile.
    template <class Visit>
    void for_each(Visit&& visit) {
        const auto all = members_;
        for (const auto& one : all)
            if (one->in()) visit(*one);
    }
    /// The persons who are there, by id, as many as the policy tells of; needs the policy `presence`.
    [[nodiscard]] std::vector<presence_entry> people() const {
        static_assert(presence_type::tells, "roompp: a room knows its people only with the policy roompp::presence");
        return presence_.list();
    }
    /// How many persons are there; needs the policy `presence`.
    [[nodiscard]] std::size_t people_count() const {
        static_assert(presence_type::tells, "roompp: a room knows its people only with the policy roompp::presence");
        return presence_.size();
    }
    /// Whether a person is there.
    [[nodiscard]] bool has(std::string_view person_id) const { return by_person().contains(person_id); }
    /// Closes all connections of one person, with a code of 4000 to 4999 if it is not to come back by itself.
    /// @returns how many.
    std::size_t kick(std::string_view person_id, std::uint16_t code = 4000, std::string_view reason = {}) {
        std::vector<std::shared_ptr<member>> kicked;
        by_person().for_each(person_id, [&](const member& one) { kicked.push_back(members_[one.index_]); });
        for (const auto& one : kicked) one->close(code, reason);
        return kicked.size();
    }

    /// Whether all messages after that point are still kept; any epoch is meant if it names none.
    [[nodiscard]] bool reaches(const resume_point& from) {
        history_.forget_before(home_.wall_now());
        return (from.epoch.empty() || from.epoch == epoch_) &&
               (from.id == last_id_ || history_.reaches(from.id, last_id_));
    }
    /// What a member that was here until `from` would get now, with at most `last` messages if it can't go on from there:
    /// for those who ask instead of being told. The views in it are valid until the room says something.
    [[nodiscard]] join_snapshot catch_up(const resume_point* from, std::size_t last) {
        forget_old();
        join_snapshot told;
        told.room = name_;
        told.epoch = epoch_;
        told.last_id = last_id_;
        if (from) told.recovery = reaches(*from) ? recovery::resumed : recovery::reset;
        const std::uint64_t since =
            told.recovery == recovery::resumed ? from->id : last_id_ - std::min<std::uint64_t>(last, last_id_);
        told.messages = history_.after(since);
        return told;
    }

    /// Closes every member's connection. Safe from any thread.
    void close(std::uint16_t code = close_code::going_away, std::string_view reason = {}) {
        if (!home_.running_here())
            return later(reason, [code](basic_room& self, payload text) { self.close(code, text.data()); });
        for_each([&](member& one) { one.close(code, reason); });
    }

    /// Writes what was gathered in this turn now; the end of the turn does so by itself.
    void flush() { out_.flush(); }

private:
    friend class rooms<basic_room>;
    friend member;

    [[nodiscard]] bool is_here(const member& one) const noexcept { return one.in() && one.room_ == this; }

    [[nodiscard]] room_event event_of(event_kind kind, const member* from, payload message) const {
        return {kind, 0, home_.wall_now(), from ? from->person_.get() : nullptr, {}, message, epoch_};
    }

    // With a number, and kept: to all but one, or to all.
    std::uint64_t publish(const member* from, const member* but, payload message) {
        room_event event = event_of(event_kind::message, from, message);
        event.id = ++last_id_;
        history_.forget_before(event.at);
        history_.push(event, from ? from->person_ : nullptr);
        if (but)
            out_.broadcast_except(but->place_, event);
        else
            out_.tell(event);
        if constexpr (history_type::keeps) bound_history();
        if (!from && heard_.is_passed_on_by(but, message) && heard_.from->said_ == 0) heard_.from->said_ = event.id;
        return event.id;
    }

    // What is kept counts among that of all rooms; if that is too much, empty rooms go, then the oldest messages of this one.
    void bound_history() {
        history_share_.set(history_.memory());
        if (!history_share_.is_too_much()) return;
        const auto self = this->shared_from_this();  // it may be an empty one
        while (history_share_.is_too_much() && history_share_.make_place()) {}
        while (history_share_.is_too_much() && !history_.empty()) {
            history_.forget_oldest();
            history_share_.set(history_.memory());
        }
    }
    void forget_old() {
        history_.forget_before(home_.wall_now());
        history_share_.set(history_.memory());
    }

    // What a member says.
    std::uint64_t say(member& from, const member* but, payload message) {
        const std::uint64_t id = publish(&from, but, message);
        if (from.said_ == 0) from.said_ = id;
        return id;
    }
    std::size_t say_to(member& from, std::string_view person_id, payload message) {
        auto event = event_of(event_kind::direct, &from, message);
        event.recipient = person_id;
        std::size_t reached = 0;
        out_.send_to(event, [&](const auto& tell) {
            const auto tell_one = [&](const member& one) { tell(one.place_); };
            reached = by_person().for_each(person_id, tell_one);
            if (reached != 0 && person_id != from.person_->id) by_person().for_each(from.person_->id, tell_one);
        });
        return reached;
    }
    void signal_from(member& from, payload message) {
        out_.broadcast_except(from.place_, event_of(event_kind::signal, &from, message));
    }

    // Made when it is first asked for: rooms in which nobody writes to one person alone do without.
    const person_index<member>& by_person() const {
        if (!by_person_) {
            by_person_.emplace();
            for (const auto& one : members_) by_person_->add(*one);
        }
        return *by_person_;
    }

    // What a hook is at: who said it, and what.
    struct heard {
        member* from = nullptr;
        payload message;
        // Whether the room passes it on, in its own name, by saying this to all but `but`.
        [[nodiscard]] bool is_passed_on_by(const member* but, payload said) const noexcept {
            return from && (but == from || said.data() == message.data());
        }
    };

    template <class Action>
    void later(payload message, Action action) {
        home_.post([self = this->shared_from_this(), copy = std::string(message.data()), kind = message.kind(),
                    action] { action(*self, payload(copy, kind)); });
    }

    void add(const std::shared_ptr<member>& joining) {
        joining->room_ = this;
        joining->id_ = ++last_member_id_;
        joining->since_ = home_.wall_now();
        joining->membership_ = member::inside;
        joining->index_ = members_.size();
        auto how = std::exchange(joining->how_, {});
        if (how.person.id.empty()) how.person.id = "member-" + std::to_string(joining->id_);
        joining->person_ = std::make_shared<const person>(std::move(how.person));
        members_.push_back(joining);
        if (by_person_) by_person_->add(*joining);
        size_.store(members_.size(), std::memory_order_relaxed);

        room_event arrival = event_of(event_kind::join, joining.get(), {});
        [[maybe_unused]] bool is_news = false;
        std::vector<presence_entry> people;
        auto first = std::make_shared<batch_type>();
        join_snapshot told = catch_up(how.resume.get(), how.history_limit);
        told.self = joining->person_.get();
        if constexpr (presence_type::tells) {
            const auto since = presence_.enter(joining->person_, joining->since_);
            is_news = since.has_value();
            arrival.at = since.value_or(arrival.at);
            if (how.encoding) people = presence_.list();
            told.has_presence = true;
            told.people_count = presence_.size();
            told.people = &people;
        }
        // Whatever an encoding throws, the member is in, wholly, until it leaves.
        std::exception_ptr unwelcome;
        try {
            if (how.encoding)
                how.encoding->append(*first, told);
            else
                for (const auto& event : told.messages) first->append(event.message);
        } catch (...) {
            unwelcome = std::current_exception();
            first = std::make_shared<batch_type>();
        }
        out_.add(joining, joining->connection_, joining->place_, how.encoding, std::move(first));
        if (is_news) out_.broadcast_except(joining->place_, arrival);
        if (unwelcome) std::rethrow_exception(unwelcome);
    }

    void remove(member& leaving, const close_event& why) {
        const auto self = this->shared_from_this();  // the last member's leaving ends the room
        const auto kept = members_[leaving.index_];
        members_.back()->index_ = leaving.index_;
        members_[leaving.index_].swap(members_.back());
        members_.pop_back();
        if (by_person_) by_person_->remove(leaving);
        size_.store(members_.size(), std::memory_order_relaxed);
        leaving.membership_ = member::out;
        if (leaving.queue_) leaving.queue_->clear();
        out_.remove(kept, leaving.connection_, leaving.place_);

        if constexpr (presence_type::tells)
            presence_.leave(leaving.person_->id, home_, [this](const person& gone) {
                guarded(nullptr, [&] {
                    room_event event = event_of(event_kind::leave, nullptr, {});
                    event.sender = &gone;
                    out_.tell(event);
                });
            });
        guarded(nullptr, [&] {
            if (hooks_->left) hooks_->left(*this, leaving, why);
        });
        leaving.room_ = nullptr;
        if (members_.empty() && on_empty_) on_empty_(*this);
    }

    // The application takes a member out.
    void take_out(member& leaving) {
        const auto kept = members_[leaving.index_];
        remove(leaving, {close_code::normal, {}});
        kept->connection_->home().dispatch([kept] { kept->was_taken_out(); });
    }

    // Hands a member's message to the hook; `handled` is told when that is done.
    void receive(member& from, payload message, receipt handled = {}) {
        if (!from.in()) return;
        const auto self = this->shared_from_this();  // a hook may make the last member leave
        if (hooks_->message.is_async()) return receive_async(from, message, std::move(handled));
        from.said_ = 0;
        const auto before = std::exchange(heard_, {&from, message});
        guarded(&from, [&] {
            const auto read = messages::read(message);
            if (!read)
                refuse(from, message);
            else if (hooks_->message)
                (void)hooks_->message(*this, from, *read);
            else
                from.broadcast(message);
        });
        heard_ = before;
        if (handled && from.in()) handled(*this, from, from.said_);
    }

    // The hook is a coroutine: one message of a member after the other.
    void receive_async(member& from, payload message, receipt handled) {
        if (!from.queue_) from.queue_ = std::make_shared<message_queue>(home_);
        const auto kept = members_[from.index_];
        const bool taken = from.queue_->put(
            message,
            [self = this->shared_from_this(), kept](payload text) -> pending {
                kept->said_ = 0;
                if (!kept->in()) return {};
                if (const auto read = messages::read(text)) return self->hooks_->message(*self, *kept, *read);
                self->refuse(*kept, text);
                return {};
            },
            [self = this->shared_from_this(), kept, handled = std::move(handled)](const std::exception_ptr& what) {
                if (what) self->failed(kept.get(), what);
                if (handled && kept->in()) handled(*self, *kept, kept->said_);
            });
        if (!taken) from.close(close_code::try_again_later, "too fast: too many messages wait to be handled");
    }

    // What no message hook may see: it is not a message of the type that they take.
    void refuse(member& from, payload message) {
        if (hooks_->malformed)
            hooks_->malformed(*this, from, message);
        else
            from.close(close_code::invalid_payload, "this message can't be read");
    }

    // An exception in a handler ends only the connection that it was called for, and is reported.
    template <class Action>
    void guarded(member* about, Action&& action) {
        try {
            action();
        } catch (...) {
            failed(about, std::current_exception());
        }
    }
    void failed(member* about, const std::exception_ptr& what) noexcept {
        try {
            if (about) about->close(close_code::internal_error, "internal error");
            if (hooks_->failed)
                hooks_->failed(*this, what);
            else if (hooks_->unheard)
                hooks_->unheard(what);
        } catch (...) {  // there is nobody left to tell
        }
    }

    std::string name_;
    loop& home_;
    std::shared_ptr<const room_hooks<basic_room>> hooks_;
    std::vector<std::shared_ptr<member>> members_;
    mutable std::optional<person_index<member>> by_person_;  // mutable: see by_person()
    fan_out<connection_type> out_;
    history_type history_;
    history_share history_share_;
    presence_type presence_;
    state_type state_{};
    std::string epoch_ = new_epoch(home_);
    std::function<void(basic_room&)> on_empty_;  // tells the directory
    // The directory's: while the room is empty and stays for its history.
    std::optional<typename std::list<std::shared_ptr<basic_room>>::iterator> waits_;
    loop::timer ends_;
    heard heard_;
    std::size_t entering_ = 0;  // how many are about to be let in: until then it does not go
    std::atomic<std::size_t> size_{0};
    std::uint64_t last_id_ = 0;
    std::uint64_t last_member_id_ = 0;
};

ROOMPP_NAMESPACE_END
