#pragma once
// A room: members, one order of messages, and the hooks of the application.

#include <chrono>
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

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/shown_text.hpp>
#include <roompp/base/utf8_text.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/fan_out.hpp>
#include <roompp/rooms/history.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/rooms/logged.hpp>
#include <roompp/rooms/member.hpp>
#include <roompp/rooms/message_dispatch.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/presence.hpp>
#include <roompp/rooms/presence_news.hpp>
#include <roompp/rooms/publication_log.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/room_hooks.hpp>
#include <roompp/rooms/roster.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A room. Rooms are made by a `rooms` directory on the first join and destroyed with their last member (with a
/// history: a little later); policies are given as template parameters (see policies.hpp), in any order.
///
/// A room is an actor: its hooks run one at a time on its home loop, so neither they nor state that only they use needs
/// a lock, whatever the number of threads. Every member sees the room's messages in one order; their numbers rise by
/// one within the room's epoch.
///
/// Thread-safety: broadcast(), signal() and close() may be called from any thread; everything else on the home loop,
/// where hooks run, and where rooms::with() runs its action.
///
/// Text that is not UTF-8 is sent, and kept, with U+FFFD in place of each part that is none; binary messages stay as they are.
template <class... Policies>
class basic_room : public std::enable_shared_from_this<basic_room<Policies...>> {
    static_assert((detail::is_policy<Policies>::value && ...),
                  "roompp: every template argument of basic_room must be a policy, such as roompp::ring_history<100>");

    static_assert(((detail::count_policies<typename Policies::policy_kind, Policies...> == 1) && ...),
                  "roompp: a room can have only one policy of each kind, such as one history");

    struct no_policy {};
    template <class Dummy>  // dependent, so that the default is instantiated only if there is no policy
    struct members_policy {
        using found = typename detail::find_policy<connection_policy, no_policy, Policies...>::type;
        using type = std::conditional_t<std::is_same_v<found, no_policy>, default_members<Dummy>, found>;
    };
    template <class Kind, class Default>
    using policy = typename detail::find_policy<Kind, Default, Policies...>::type;
    template <class Message>
    using enable_for_values = detail::enable_for_values<Message, policy<message_policy, detail::bare_messages>>;

public:
    /// The type of the members: see member_concept.
    using connection_type = typename members_policy<std::void_t<Policies...>>::type::connection_type;
    using batch_type = typename connection_type::batch_type;
    using history_type = policy<history_policy, no_history>;
    using presence_type = policy<presence_policy, no_presence>;
    using state_type = typename policy<room_state_policy, room_state<detail::no_state>>::state_type;
    static constexpr bool is_logged = detail::is_logged<history_type>::value;
    using member_state_type = typename policy<member_state_policy, member_state<detail::no_state>>::state_type;
    /// The type of messages that hooks get, and how it is read from a payload: the payload itself, unless a policy says
    /// otherwise.
    using messages = policy<message_policy, detail::bare_messages>;
    using message_type = typename messages::message_type;
    using member = room_member<basic_room>;
    /// Called when a member's message has been handled, with what became of the first message that the member sent to the
    /// room meanwhile (member.broadcast()), or that the room relayed for it.
    using receipt = std::function<void(basic_room&, member&, const publication_outcome&)>;

    /// For the directory; an application never makes a room itself.
    basic_room(std::string name, loop& home, std::shared_ptr<const room_hooks<basic_room>> hooks)
        : name_(std::move(name)),
          home_(home),
          hooks_(std::move(hooks)),
          out_(home, policy<slow_policy, disconnect_slow>::action),
          log_(home),
          dispatch_(*hooks_) {}
    basic_room(const basic_room&) = delete;
    basic_room& operator=(const basic_room&) = delete;
    ~basic_room() {
        for (const auto& newcomer : newcomers_) newcomer->early_work_.reset();  // which keeps it alive
    }

    /// The name under which it is in its directory. Safe from any thread.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// The number of members. Safe from any thread; exact on the home loop.
    [[nodiscard]] std::size_t size() const noexcept { return roster_.size(); }
    /// The loop on which the room's hooks run. Safe from any thread.
    [[nodiscard]] loop& home() const noexcept { return home_; }
    /// The application's state of this room (see room_state).
    [[nodiscard]] state_type& state() noexcept { return state_; }
    [[nodiscard]] const state_type& state() const noexcept { return state_; }
    /// The epoch of the message numbers: another room, or the same after it was destroyed, has another one. Safe from
    /// any thread.
    [[nodiscard]] const std::string& epoch() const noexcept { return log_.epoch(); }
    /// The number of the latest message; 0: there was none.
    [[nodiscard]] std::uint64_t last_id() const noexcept { return log_.last_id(); }

    /// Sends a message to every member, in the server's name. Safe from any thread: elsewhere than on the home loop,
    /// the message is copied and takes its position in the room's order when it gets to that loop.
    /// @returns the message's number; 0 if called elsewhere than on the home loop, or if a log decides on it (see logged).
    std::uint64_t broadcast(payload message) {
        if (home_.running_here()) return publish(nullptr, nullptr, message);
        post(message, [](basic_room& self, payload text) { self.broadcast(text); });
        return 0;
    }
    /// The same, once: a message of the server's under this key is sent only if there was none in the last while (5 minutes
    /// and 10,000 keys in memory; a log has its own window).
    /// @returns the number of the message that was the first with this key; 0 as above.
    std::uint64_t broadcast_once(payload message, std::string key) {
        if (home_.running_here()) return publish(nullptr, nullptr, message, std::move(key));
        post(message, [key = std::move(key)](basic_room& self, payload text) { self.broadcast_once(text, key); });
        return 0;
    }
    /// The same with a value, in a room of typed messages (see roompp/typed.hpp): here and below.
    template <class Message, class = enable_for_values<Message>>
    std::uint64_t broadcast(const Message& value) {
        return broadcast(messages::write(value));
    }
    /// Sends a message to every member except one, in the server's name. It is numbered and kept like any other
    /// message.
    std::uint64_t broadcast_except(const member& except, payload message) {
        return publish(nullptr, is_member(except) ? &except : nullptr, message);
    }
    template <class Message, class = enable_for_values<Message>>
    std::uint64_t broadcast_except(const member& except, const Message& value) {
        return broadcast_except(except, messages::write(value));
    }
    /// Sends a message to the members for whom `is_recipient(const member&)` is true. Neither numbered nor kept.
    /// O(members).
    template <class Predicate>
    void broadcast_if(Predicate&& is_recipient, payload message) {
        const auto recipients = roster_.select(std::forward<Predicate>(is_recipient));  // may let members leave
        const detail::utf8_payload text(message);
        out_.send_to(event_of(event_kind::direct, nullptr, text), [&](const auto& send) {
            for (const auto& recipient : recipients)
                if (recipient->is_joined()) send(recipient->slot_);
        });
    }
    template <class Predicate, class Message, class = enable_for_values<Message>>
    void broadcast_if(Predicate&& is_recipient, const Message& value) {
        broadcast_if(std::forward<Predicate>(is_recipient), messages::write(value));
    }
    /// Sends every member a signal of the moment, in the server's name: neither numbered nor kept. Safe from any
    /// thread.
    void signal(payload message) {
        if (!home_.running_here()) return post(message, [](basic_room& self, payload text) { self.signal(text); });
        const detail::utf8_payload text(message);
        out_.broadcast(event_of(event_kind::signal, nullptr, text));
    }
    template <class Message, class = enable_for_values<Message>>
    void signal(const Message& value) {
        signal(messages::write(value));
    }

    /// Sends a message to one member, in order with what is broadcast. Neither numbered nor kept. Does nothing if it is
    /// not in this room.
    void send(member& recipient, payload message) {
        if (!is_member(recipient)) return;
        const detail::utf8_payload text(message);
        out_.send_to(event_of(event_kind::direct, nullptr, text), [&](const auto& send) { send(recipient.slot_); });
    }
    template <class Message, class = enable_for_values<Message>>
    void send(member& recipient, const Message& value) {
        send(recipient, messages::write(value));
    }
    /// Sends a message to all connections of one person. O(log members) for each; the first look-up by person, here or
    /// by member.send_to(), has() or kick(), is O(members).
    /// @returns the number of connections.
    std::size_t send_to(std::string_view person_id, payload message) {
        const detail::utf8_payload text(message);
        auto event = event_of(event_kind::direct, nullptr, text);
        event.recipient = person_id;
        std::size_t count = 0;
        out_.send_to(event, [&](const auto& send) {
            count = roster_.by_person().for_each(person_id, [&](const member& recipient) { send(recipient.slot_); });
        });
        return count;
    }
    template <class Message, class = enable_for_values<Message>>
    std::size_t send_to(std::string_view person_id, const Message& value) {
        return send_to(person_id, messages::write(value));
    }
    /// Sends one member a frame as it is, see member::write().
    void write(member& recipient, payload frame) {
        if (is_member(recipient)) out_.write(recipient.slot_, detail::utf8_payload(frame).get());
    }

    /// Calls `visit(member&)` for every member. Members may be closed or leave meanwhile.
    template <class Visit>
    void for_each(Visit&& visit) {
        roster_.for_each(std::forward<Visit>(visit));
    }
    /// The persons who are present, by id, as many as the policy lists; needs the policy `presence`.
    [[nodiscard]] std::vector<presence_entry> people() const {
        static_assert(presence_type::tells, "roompp: a room knows its people only with the policy roompp::presence");
        return roster_.presence().list();
    }
    /// The number of persons who are present; needs the policy `presence`.
    [[nodiscard]] std::size_t people_count() const {
        static_assert(presence_type::tells, "roompp: a room knows its people only with the policy roompp::presence");
        return roster_.presence().size();
    }
    /// Whether a connection of this person is in the room.
    [[nodiscard]] bool has(std::string_view person_id) const { return roster_.by_person().contains(person_id); }
    /// Closes all connections of one person, with a code of 4000 to 4999 if its client must not reconnect by itself.
    /// @returns the number of connections.
    std::size_t kick(std::string_view person_id, std::uint16_t code = 4000, std::string_view reason = {}) {
        return roster_.kick(person_id, code, reason);
    }

    /// Whether all messages after this position are still kept. A position without an epoch is one of the present
    /// epoch.
    [[nodiscard]] bool reaches(const resume_point& position) { return log_.reaches(position); }
    /// What a member with this position (null: none) would get if it joined now, with at most `max_count` messages if
    /// it can't continue from there: for clients that poll. The views in it are valid until the room's next message.
    [[nodiscard]] join_snapshot catch_up(const resume_point* position, std::size_t max_count) {
        join_snapshot snapshot = log_.catch_up(position, max_count);
        snapshot.room = name_;
        return snapshot;
    }

    /// Closes every member's connection. Safe from any thread.
    void close(std::uint16_t code = close_code::going_away, std::string_view reason = {}) {
        if (!home_.running_here())
            return post(reason, [code](basic_room& self, payload text) { self.close(code, text.data()); });
        for_each([&](member& closing) { closing.close(code, reason); });
    }

    /// Writes now what was gathered in this turn; the end of the turn does so by itself.
    void flush() { out_.flush(); }
    /// Tells the members now of joins and leaves that limits::presence_interval lets wait; needs the policy `presence`.
    void flush_presence() {
        static_assert(presence_type::tells, "roompp: a room knows its people only with the policy roompp::presence");
        tell_news();
    }
    /// Shows a member the people, as when it joined, in order with the news of them; needs the policy `presence`. For members
    /// that have missed some.
    void show_people(member& viewer) {
        static_assert(presence_type::tells, "roompp: a room knows its people only with the policy roompp::presence");
        if (!is_member(viewer)) return;
        news_.add_newcomer(roster_.owner_of(viewer));
        if (!is_news_due_) tell_news();
    }

private:
    friend member;
    friend class membership<basic_room>;
    friend class detail::room_directory<basic_room>;

    [[nodiscard]] bool is_member(const member& other) const noexcept {
        return other.is_joined() && other.room_ == this;
    }

    // The message must outlive the event.
    [[nodiscard]] room_event event_of(event_kind kind, const member* sender,
                                      const detail::utf8_payload& message) const {
        return {kind, 0, home_.wall_now(), sender ? sender->person_.get() : nullptr, {}, message.get(), epoch()};
    }
    // Of a join or leave.
    [[nodiscard]] room_event event_of(event_kind kind, const member* sender) const {
        return {kind, 0, home_.wall_now(), sender ? sender->person_.get() : nullptr, {}, {}, epoch()};
    }

    // A message of a member, or the server's, to everyone except one, or to everyone.
    std::uint64_t publish(const member* sender, const member* except, payload message, std::string key = {}) {
        const std::shared_ptr<const person> server;
        const detail::utf8_payload text(message);
        auto* const handled = dispatch_.begin_publication(sender, except, message);
        if (handled && !handled->key.empty()) key = detail::key_of(*handled->sender->person_, handled->key);
        if constexpr (is_logged) {
            publish_later(sender, except, text, key, handled);
            return 0;
        } else {
            if (!key.empty()) {
                if (const auto known = log_.find_key(key)) {
                    if (handled) handled->outcome = {*known, true, false};
                    return *known;
                }
            }
            const std::uint64_t id =
                log_.append(event_of(event_kind::message, sender, text), sender ? sender->person_ : server,
                            [&](const room_event& event) { deliver(event, except); });
            if (!key.empty()) log_.add_key(std::move(key), id);
            if constexpr (history_type::keeps)
                if (log_.exceeds_budget()) shrink_log();
            if (handled) handled->outcome = {id, false, false};
            return id;
        }
    }
    // To the members when the log has kept it.
    template <class Handled>
    void publish_later(const member* sender, const member* except, const detail::utf8_payload& text,
                       const std::string& key, Handled* handled) {
        std::shared_ptr<detail::awaited_outcome> awaited;
        if (handled) awaited = handled->awaited = std::make_shared<detail::awaited_outcome>();
        const auto except_owner = except ? roster_.owner_of(*except) : nullptr;
        const bool is_under_way = log_.append(
            event_of(event_kind::message, sender, text), sender ? sender->person_ : nullptr, key,
            this->weak_from_this(),
            [this, except_owner](const room_event& event) {
                deliver(event, except_owner && is_member(*except_owner) ? except_owner.get() : nullptr);
                if (log_.exceeds_budget()) shrink_log();
            },
            [awaited](const publication_outcome& outcome) {
                if (awaited) detail::make_known(*awaited, outcome);
            });
        if (!is_under_way && awaited) detail::make_known(*awaited, {0, false, true});
    }
    // Of a room that is logged: before its first member joins.
    // @param on_open gets why the log can't be opened; empty: it is open.
    void open_log(log_engine& engine, std::function<void(const std::string& error)> on_open) {
        is_opening_ = true;
        log_.open(engine, name_, this->weak_from_this(),
                  [this, on_open = std::move(on_open)](const std::string& error) {
                      is_opening_ = false;
                      on_open(error);
                  });
    }
    [[nodiscard]] bool is_opening() const noexcept { return is_opening_; }
    // Those who join when the log is open.
    [[nodiscard]] std::vector<std::shared_ptr<member>>& newcomers() noexcept { return newcomers_; }
    [[nodiscard]] std::vector<std::shared_ptr<member>> take_newcomers() noexcept {
        return std::exchange(newcomers_, {});
    }
    void deliver(const room_event& event, const member* except) {
        if (except)
            out_.broadcast_except(except->slot_, event);
        else
            out_.broadcast(event);
    }
    void shrink_log() {
        const auto self = this->shared_from_this();  // it may be an empty room that is destroyed
        log_.shrink();
    }

    // What a member sends, see room_member.
    std::uint64_t publish_from(const member& sender, const member* except, payload message) {
        return publish(&sender, except, message);
    }
    std::size_t send_from(const member& sender, std::string_view person_id, payload message) {
        const detail::utf8_payload text(message);
        auto event = event_of(event_kind::direct, &sender, text);
        event.recipient = person_id;
        std::size_t count = 0;
        out_.send_to(event, [&](const auto& send) {
            const auto send_one = [&](const member& recipient) { send(recipient.slot_); };
            count = roster_.by_person().for_each(person_id, send_one);
            if (count != 0 && person_id != sender.person().id)
                roster_.by_person().for_each(sender.person().id, send_one);
        });
        return count;
    }
    void signal_from(const member& sender, payload message) {
        const detail::utf8_payload text(message);
        out_.broadcast_except(sender.slot_, event_of(event_kind::signal, &sender, text));
    }

    // Runs the action on the home loop, with a copy of the message.
    template <class Action>
    void post(payload message, Action action) {
        home_.post([self = this->shared_from_this(), copy = std::string(message.data()), kind = message.kind(),
                    action] { action(*self, payload(copy, kind)); });
    }

    void add(const std::shared_ptr<member>& joining) {
        joining->room_ = this;
        joining->id_ = roster_.next_id();
        joining->since_ = home_.wall_now();
        joining->membership_ = member::joined;
        auto options = std::exchange(joining->options_, {});
        options.person.name = shown_text(options.person.name);
        if (options.person.id.empty()) options.person.id = "member-" + std::to_string(joining->id_);
        joining->person_ = std::make_shared<const person>(std::move(options.person));
        roster_.add(joining);

        room_event arrival = event_of(event_kind::join, joining.get());
        [[maybe_unused]] bool is_news = false;
        std::vector<presence_entry> people;
        auto first = std::make_shared<batch_type>();
        join_snapshot snapshot = catch_up(options.resume.get(), options.history_limit);
        snapshot.self = joining->person_.get();
        if constexpr (presence_type::tells) {
            const bool is_gathering = gathers_news();
            if (is_gathering) {
                const auto* const before = roster_.presence().find(joining->person_->id);
                news_.note(joining->person_->id, before ? before->person : nullptr);
                news_.add_newcomer(joining);
            }
            const auto since = roster_.enter(*joining);
            is_news = since.has_value() && !is_gathering;
            arrival.at = since.value_or(arrival.at);
            if (options.encoding && !is_gathering) people = roster_.presence().list();
            snapshot.has_presence = !is_gathering;
            snapshot.people_count = roster_.presence().size();
            snapshot.people = &people;
        }
        // Whatever an encoding throws, the member is in, wholly, until it leaves.
        std::exception_ptr error;
        try {
            if (options.encoding)
                options.encoding->append(*first, snapshot);
            else
                for (const auto& event : snapshot.messages) first->append(event.message);
        } catch (...) {
            error = std::current_exception();
            first = std::make_shared<batch_type>();
        }
        out_.add(joining, joining->connection_, joining->slot_, options.encoding, std::move(first));
        if (is_news) out_.broadcast_except(joining->slot_, arrival);
        if (error) std::rethrow_exception(error);
    }

    // Whether a join or leave waits with others, and is told with them in a while.
    [[nodiscard]] bool gathers_news() {
        constexpr std::size_t max_members_told_at_once = 20;
        if (is_news_due_) return true;
        if (roster_.size() <= max_members_told_at_once || news_interval_.count() == 0 || !home_.can_wake())
            return false;
        is_news_due_ = true;
        home_.wake_after(news_interval_, [weak = this->weak_from_this()] {
            if (const auto self = weak.lock()) self->tell_news();
        });
        return true;
    }
    void tell_news() {
        is_news_due_ = false;
        if (news_.empty()) return;
        const auto& present = roster_.presence();
        const auto changes = news_.take_changes([&](const std::string& id) -> std::shared_ptr<const person> {
            const auto* const entry = present.find(id);
            return entry ? entry->person : nullptr;
        });
        std::vector<room_event> events;
        for (const auto& change : changes) {
            events.push_back(event_of(change.has_left ? event_kind::leave : event_kind::join, nullptr));
            events.back().sender = change.subject.get();
            if (!change.has_left) events.back().at = present.find(change.subject->id)->since;
        }
        std::vector<const member_slot*> newcomers;
        const auto owners = news_.take_newcomers();
        for (const auto& newcomer : owners)
            if (is_member(*newcomer)) newcomers.push_back(&newcomer->slot_);
        guard(nullptr, [&] {
            out_.broadcast_presence(events, newcomers, present.size(),
                                    newcomers.empty() ? std::vector<presence_entry>() : present.list());
        });
    }

    // @returns the member's ownership.
    std::shared_ptr<member> remove(member& leaving, const close_event& reason) {
        const auto self = this->shared_from_this();  // the last member's leaving destroys the room
        auto owner = roster_.remove(leaving);
        leaving.membership_ = member::left;
        if (leaving.async_) leaving.async_->queue->clear();
        out_.remove(owner, leaving.connection_, leaving.slot_);

        if constexpr (presence_type::tells)
            roster_.leave(leaving, home_, [this](const std::shared_ptr<const person>& person) {
                guard(nullptr, [&] {
                    if (gathers_news()) return news_.note(person->id, person);
                    room_event event = event_of(event_kind::leave, nullptr);
                    event.sender = person.get();
                    out_.broadcast(event);
                });
            });
        guard(nullptr, [&] {
            if (hooks_->on_leave) hooks_->on_leave(*this, leaving, reason);
        });
        leaving.room_ = nullptr;
        if (roster_.empty() && on_empty_) on_empty_(*this);
        return owner;
    }

    // The application makes a member leave.
    void remove_and_notify(member& leaving) {
        const auto removed = remove(leaving, {close_code::normal, {}});
        removed->connection_->home().dispatch([removed] { removed->on_removed(); });
    }

    // A member's message arrives.
    void receive(member& sender, payload message, std::string key, receipt on_handled = {}) {
        if (!sender.is_joined()) return;
        const auto self = this->shared_from_this();  // a hook may make the last member leave
        const auto owner = roster_.owner_of(sender);
        dispatch_.receive(*this, owner, message, std::move(key), std::move(on_handled));
    }

    template <class Action>
    void guard(member* blamed, Action&& action) {
        dispatch_.guard(*this, blamed, std::forward<Action>(action));
    }

    std::string name_;
    loop& home_;
    std::shared_ptr<const room_hooks<basic_room>> hooks_;
    detail::roster<member, presence_type> roster_;
    fan_out<connection_type> out_;
    publication_log<history_type> log_;
    detail::message_dispatch<basic_room, member, messages> dispatch_;
    detail::presence_news<member> news_;
    std::chrono::milliseconds news_interval_{0};  // see limits::presence_interval
    bool is_news_due_ = false;                    // a wake-up tells it
    bool is_opening_ = false;                     // the log is
    std::vector<std::shared_ptr<member>> newcomers_;
    state_type state_{};
    std::function<void(basic_room&)> on_empty_;  // the directory's
};

ROOMPP_NAMESPACE_END
