#pragma once
// The directory of rooms: a room appears on its first join and goes with its last member.

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/history_budget.hpp>
#include <roompp/rooms/room.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A room as rooms::list() tells of it.
struct room_info {
    std::string name;
    std::size_t members = 0;
};

/// Rooms by name. A handle: copies are the same directory, which lives as long as any of them.
///
/// Hooks are set before the first join (in a server: before run()). They run on the room's home loop; every hook takes
/// the parameters shown, or some of them in the same order, and returns the directory, so that they can be chained.
template <class Room = basic_room<>>
class rooms {
    struct state;
    // Whether a connection type can be told to read nothing more for now.
    template <class Connection, class = void>
    struct can_be_held : std::false_type {};
    template <class Connection>
    struct can_be_held<Connection, std::void_t<decltype(std::declval<Connection&>().pause_reading(),
                                                        std::declval<Connection&>().resume_reading())>>
        : std::true_type {};

public:
    using room_type = Room;
    using connection_type = typename Room::connection_type;
    using member = typename Room::member;

    /// A connection's membership as a value: the connection is in the room while this lives. Movable. Belongs to the
    /// connection's loop.
    class membership {
    public:
        membership() = default;
        membership(membership&&) noexcept = default;
        membership& operator=(membership&& other) noexcept {
            if (this != &other) {
                leave();
                member_ = std::move(other.member_);
                state_ = std::move(other.state_);
                home_ = other.home_;
                on_its_way_ = other.on_its_way_;
            }
            return *this;
        }
        ~membership() { leave(); }

        /// Hands a message of the connection to the room: to its message hook, or, without one, to all members.
        /// @param handled is told the message's number when that is done (on the room's home loop), 0 if it was not
        /// broadcast; may be empty.
        void receive(payload message, typename Room::receipt handled = {}) {
            if (!member_) return;
            if (home_->running_here()) {
                if (member_->room_) member_->room_->receive(*member_, message, std::move(handled));
                return;
            }
            hand_over(message.size(), [member = member_, directory = state_, copy = std::string(message.data()),
                                       kind = message.kind(), handled = std::move(handled)] {
                if (member->room_) member->room_->receive(*member, payload(copy, kind), handled);
            });
        }

        /// Runs `action(room, member)` on the room's home loop, in order with receive(); not at all if the connection is
        /// not in the room by then.
        template <class Action>
        void visit(Action&& action) {
            visit(0, std::forward<Action>(action));
        }
        /// @param bytes how much of what the client has sent goes with it.
        template <class Action>
        void visit(std::size_t bytes, Action&& action) {
            if (!member_) return;
            auto work = [member = member_, directory = state_, action = std::forward<Action>(action)]() mutable {
                if (!member->in()) return;
                const auto room = member->room_->shared_from_this();
                room->guarded(member.get(), [&] { action(*room, *member); });
            };
            if (home_->running_here())
                work();
            else
                hand_over(bytes, std::move(work));
        }

        /// Ends the membership; `why` is what the room's leave hook gets.
        void leave(const close_event& why = {close_code::normal, {}}) noexcept {
            if (!member_) return;
            // Taken first, since a hook may assign another membership to this. The directory goes with the message: it
            // is what keeps the room until that arrives.
            const auto leaving = std::exchange(member_, nullptr);
            leaving->stop_counting();
            home_->dispatch([leaving, directory = std::move(state_), why] {
                if (leaving->in())
                    leaving->room_->remove(*leaving, why);
                else
                    leaving->membership_ = member::out;
            });
        }

        /// Whether this is a membership that has not been left.
        [[nodiscard]] explicit operator bool() const noexcept { return member_ != nullptr; }

    private:
        friend class rooms;
        membership(std::shared_ptr<member> joined, std::shared_ptr<state> directory, loop& home)
            : member_(std::move(joined)), state_(std::move(directory)), home_(&home) {}

        // What is handed to the room's loop before that has to catch up, and what each piece costs besides its bytes.
        static constexpr std::size_t most_on_its_way = 256 * 1024;
        static constexpr std::size_t cost = 256;

        // Has the work done on the room's loop, which is another one. If that does not keep up, nothing more is read
        // from the client meanwhile: what waits between the loops stays bounded.
        template <class Work>
        void hand_over(std::size_t bytes, Work&& work) {
            home_->post(std::forward<Work>(work));
            if constexpr (can_be_held<connection_type>::value) {
                on_its_way_ += bytes + cost;
                if (on_its_way_ < most_on_its_way) return;
                on_its_way_ = 0;
                member_->connection().pause_reading();
                home_->post([who = member_->connection_] { who->home().post([who] { who->resume_reading(); }); });
            }
        }

        std::shared_ptr<member> member_;
        std::shared_ptr<state> state_;
        loop* home_ = nullptr;
        std::size_t on_its_way_ = 0;  // since the room's loop was last known to have caught up
    };

    rooms() : state_(std::make_shared<state>()) {}
    /// A directory whose rooms all live on one loop, which must outlive it: for use without a roompp::server.
    explicit rooms(loop& home) : rooms() { attach({&home}); }

    /// Says on which loops the rooms live: a room's name decides on which of them. A server does this by itself.
    /// @throws std::logic_error if the directory already belongs to other loops.
    void attach(const std::vector<loop*>& homes) {
        if (!state_->homes.empty() && state_->homes != homes)
            throw std::logic_error(
                "roompp: these rooms already belong to another server; make a rooms object for each");
        state_->homes = homes;
        state_->waiting.resize(homes.size());
        state_->counts.resize(homes.size());
        for (std::size_t place = state_->histories.size(); place < homes.size(); ++place)
            state_->histories.push_back(std::make_shared<history_budget>([weak = std::weak_ptr<state>(state_), place] {
                const auto still = weak.lock();
                return still && make_place(*still, place);
            }));
    }
    /// For the server, whose loops end: the rooms that nobody is in go, without a word, and the directory can belong to
    /// other loops then, unless somebody still is in one of its rooms. Does nothing if it does not belong to these.
    void detach(const std::vector<loop*>& homes) {
        if (state_->homes != homes) return;
        std::vector<std::shared_ptr<Room>> gone;  // their ends may call anything: not under the lock
        const std::lock_guard lock(state_->mutex);
        for (auto one = state_->by_name.begin(); one != state_->by_name.end();) {
            if (one->second->size() != 0) {
                ++one;
                continue;
            }
            --state_->counts[state_->place_of(one->first)];
            gone.push_back(std::move(one->second));
            one = state_->by_name.erase(one);
        }
        for (auto& all : state_->waiting) all.clear();
        if (!state_->by_name.empty()) return;
        state_->homes.clear();
        state_->counts.clear();
        state_->histories.clear();
        hooks().unheard = {};
    }
    /// How many rooms and members there may be (limits::rooms, members_per_room, rooms_per_connection), how much their
    /// histories may take (limits::history_bytes), and how long an empty room waits (limits::empty_room). A server gives
    /// its own limits, unless this was called. Before the first join.
    rooms& limits(const roompp::limits& bounds) {
        state_->bounds = bounds;
        state_->has_own_bounds = true;
        return *this;
    }
    /// For the server: the bounds to keep if the directory has none of its own, and who is told of exceptions if it has
    /// no on_error.
    void set_defaults(const roompp::limits& bounds, const handler<void(std::exception_ptr)>& failed) {
        if (!state_->has_own_bounds) state_->bounds = bounds;
        hooks().unheard = failed;
    }

    /// A room has been made, before its first member is let in: `(room)`.
    template <class F>
    rooms& on_create(F&& f) {
        hooks().created = std::forward<F>(f);
        return *this;
    }
    /// A connection wants to join: `(room, member, join_reply)`; the hook may refuse it. What it knows of the connection is
    /// `member.connection()`, and for whom the application took it; see also websocket_route::on_connect(), which is asked
    /// earlier and sees the request.
    template <class F>
    rooms& on_admit(F&& f) {
        hooks().admitted = std::forward<F>(f);
        return *this;
    }
    /// A member has joined, and already gets what is broadcast: `(room, member)`.
    template <class F>
    rooms& on_join(F&& f) {
        hooks().joined = std::forward<F>(f);
        return *this;
    }
    /// A member has sent a message: `(room, member, payload)`; a `std::string_view` does for the payload. Without this
    /// hook the message is broadcast as it is, to the sender too. The hook may be a coroutine that returns
    /// `asio::awaitable<void>`: the member's further messages wait for it, and its payload stays valid until it ends.
    template <class F>
    rooms& on_message(F&& f) {
        hooks().message = std::forward<F>(f);
        return *this;
    }
    /// A member has sent what is not a message of the room's type (see roompp/typed.hpp): `(room, member, payload)`.
    /// Without this hook its connection is closed with 1007.
    template <class F>
    rooms& on_malformed(F&& f) {
        hooks().malformed = std::forward<F>(f);
        return *this;
    }
    /// A member has left: `(room, member, close_event)`.
    template <class F>
    rooms& on_leave(F&& f) {
        hooks().left = std::forward<F>(f);
        return *this;
    }
    /// The room goes: its last member has left, and it has waited for its history's sake: `(room)`.
    template <class F>
    rooms& on_destroy(F&& f) {
        hooks().gone = std::forward<F>(f);
        return *this;
    }
    /// A hook has thrown; the connection it was called for is being closed with 1011: `(room, std::exception_ptr)`. Without
    /// this hook the server's on_error is told.
    template <class F>
    rooms& on_error(F&& f) {
        hooks().failed = std::forward<F>(f);
        return *this;
    }

    /// Puts a connection into a room, which is made if it is not there. Call on the connection's loop. One that may not
    /// join is closed: with 1013 if there is no place, or as on_admit says.
    /// @param how who it is, and what it wants of the room.
    /// @throws std::logic_error if the directory has no loop yet.
    [[nodiscard]] membership join(std::shared_ptr<connection_type> who, std::string name,
                                  join_options<typename connection_type::batch_type> how = {}) {
        loop& home = *state_->homes[state_->place_of(name)];
        if constexpr (member::counts_rooms) {
            if (who->room_count() >= state_->bounds.rooms_per_connection) {
                who->close(close_code::policy_violation, "in too many rooms");
                return {};
            }
        }
        auto joining = std::make_shared<member>(std::move(who), std::move(how));
        home.dispatch([directory = state_, joining, name = std::move(name)]() mutable {
            enter(directory, joining, std::move(name));
        });
        return membership(std::move(joining), state_, home);
    }

    /// Says something to every member of a room, in the server's name; does nothing if there is no such room. Safe from
    /// any thread.
    void broadcast(std::string_view name, payload message) const {
        auto found = state_->find(name);
        if (!found) return;
        loop& home = found->home();
        if (home.running_here()) {
            found->broadcast(message);
            return;
        }
        // The room is given away: it may only go on its home loop.
        home.post([found = std::move(found), copy = std::string(message.data()), kind = message.kind()] {
            found->broadcast(payload(copy, kind));
        });
    }
    /// The same with a value, in rooms of typed messages (see roompp/typed.hpp).
    template <class Message, class = detail::enable_for_values<Message, typename Room::messages>>
    void broadcast(std::string_view name, const Message& value) const {
        broadcast(name, Room::messages::write(value));
    }

    /// Runs `action(room)` on the home loop of a room, now if called there, if there is such a room. Safe from any
    /// thread.
    /// @returns whether there was such a room at the time of the call.
    template <class Action>
    bool with(std::string_view name, Action&& action) const {
        auto found = state_->find(name);
        if (!found) return false;
        loop& home = found->home();
        home.dispatch([found = std::move(found), action = std::forward<Action>(action)]() mutable { action(*found); });
        return true;
    }

    /// The loop on which the room of this name lives, if there is one, or would live. Safe from any thread.
    /// @throws std::logic_error if the directory has no loop yet.
    [[nodiscard]] loop& home_of(const std::string& name) const { return *state_->homes[state_->place_of(name)]; }

    /// The number of rooms. Safe from any thread.
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(state_->mutex);
        return state_->by_name.size();
    }

    /// The rooms by name, at most `most` of them. Safe from any thread.
    [[nodiscard]] std::vector<room_info> list(std::size_t most = 1000) const {
        const std::lock_guard lock(state_->mutex);
        std::vector<room_info> listed;
        for (const auto& [name, room] : state_->by_name) {
            if (listed.size() == most) break;
            listed.push_back({name, room->size()});
        }
        return listed;
    }

private:
    // A room is put in and taken out only on its home loop; the mutex serves those who look from elsewhere. It is
    // never held while a hook runs, and not touched by a broadcast.
    struct state {
        std::vector<loop*> homes;
        roompp::limits bounds;
        bool has_own_bounds = false;
        std::shared_ptr<room_hooks<Room>> hooks = std::make_shared<room_hooks<Room>>();
        mutable std::mutex mutex;
        std::map<std::string, std::shared_ptr<Room>, std::less<>> by_name;
        // By home, and that loop's alone: the empty rooms that stay for their history, the first to go first.
        std::vector<std::list<std::shared_ptr<Room>>> waiting;
        std::vector<std::size_t> counts;                         // of rooms, by home, and that loop's alone
        std::vector<std::shared_ptr<history_budget>> histories;  // likewise

        std::size_t place_of(const std::string& name) const {
            if (homes.empty())
                throw std::logic_error(
                    "roompp: these rooms have no event loop: give them to server.websocket(...) or construct "
                    "them with a roompp::loop");
            return std::hash<std::string>{}(name) % homes.size();
        }
        std::shared_ptr<Room> find(std::string_view name) const {
            const std::lock_guard lock(mutex);
            const auto found = by_name.find(name);
            return found == by_name.end() ? nullptr : found->second;
        }
        // Every loop may have its share of the rooms, so that none has to ask another.
        bool is_full(std::size_t place) const {
            return counts[place] >= std::max<std::size_t>(1, bounds.rooms / homes.size());
        }
    };

    room_hooks<Room>& hooks() { return *state_->hooks; }

    static void enter(const std::shared_ptr<state>& directory, const std::shared_ptr<member>& joining,
                      std::string name) {
        if (joining->membership_ != member::waiting) return;  // it left before it got here
        auto room = directory->find(name);
        if (!room) room = create(directory, *joining, std::move(name));
        if (!room) return;  // it was refused
        stop_waiting(*directory, *room);
        ++room->entering_;
        room->guarded(joining.get(), [&] {
            if (room->size() >= directory->bounds.members_per_room)
                return refuse(*joining, {close_code::try_again_later, "the room is full"});
            if (const auto refused = ask(*directory, *room, *joining)) return refuse(*joining, *refused);
            room->add(joining);
            if (directory->hooks->joined) directory->hooks->joined(*room, *joining);
        });
        --room->entering_;
        if (joining->membership_ == member::waiting) refuse(*joining, {close_code::internal_error, "internal error"});
        if (room->size() == 0) leave_empty(directory, *room);
    }

    static std::optional<close_event> ask(const state& directory, Room& room, member& joining) {
        if (!directory.hooks->admitted) return std::nullopt;
        join_reply answer;
        joining.room_ = &room;
        joining.person_ = std::make_shared<const person>(joining.how_.person);
        directory.hooks->admitted(room, joining, answer);
        return answer.refused();
    }

    static void refuse(member& one, const close_event& why) {
        one.membership_ = member::out;
        one.room_ = nullptr;
        one.close(why.code, why.reason);
    }

    // @returns null if there can be no such room: then its first member is refused.
    static std::shared_ptr<Room> create(const std::shared_ptr<state>& directory, member& first, std::string name) {
        const std::size_t place = directory->place_of(name);
        std::shared_ptr<Room> room;
        if (directory->is_full(place) && !make_place(*directory, place)) {
            refuse(first, {close_code::try_again_later, "there are too many rooms"});
            return room;
        }
        try {
            room = std::make_shared<Room>(std::move(name), *directory->homes[place], directory->hooks);
        } catch (...) {  // the application's state could not be made
            if (directory->hooks->unheard) directory->hooks->unheard(std::current_exception());
            refuse(first, {close_code::internal_error, "internal error"});
            return room;
        }
        directory->histories[place]->limit(directory->bounds.history_bytes / directory->homes.size());
        room->history_share_.take_from(directory->histories[place]);
        room->on_empty_ = [weak = std::weak_ptr<state>(directory)](Room& empty) {
            if (const auto still = weak.lock()) leave_empty(still, empty);
        };
        {
            const std::lock_guard lock(directory->mutex);
            directory->by_name.emplace(room->name(), room);
        }
        ++directory->counts[place];
        bool ready = false;
        ++room->entering_;
        room->guarded(nullptr, [&] {
            if (directory->hooks->created) directory->hooks->created(*room);
            ready = true;
        });
        --room->entering_;
        if (ready) return room;
        refuse(first, {close_code::internal_error, "internal error"});
        if (room->size() == 0) forget(*directory, *room);
        return nullptr;
    }

    // Nobody is in the room: it goes, now or later.
    static void leave_empty(const std::shared_ptr<state>& directory, Room& empty) {
        if (empty.entering_ != 0) return;  // not yet: somebody is about to be let in
        empty.forget_old();
        if (Room::history_type::keeps && !empty.history_.empty() && directory->bounds.empty_room.count() != 0)
            wait(directory, empty);
        else
            remove(*directory, empty);
    }

    static void wait(const std::shared_ptr<state>& directory, Room& empty) {
        if (empty.waits_) return;
        auto& waiting = directory->waiting[directory->place_of(empty.name())];
        empty.waits_ = waiting.insert(waiting.end(), empty.shared_from_this());
        empty.ends_ =
            empty.home().after(directory->bounds.empty_room, [weak = std::weak_ptr<state>(directory), &empty] {
                if (const auto still = weak.lock()) remove(*still, empty);
            });
    }
    static void stop_waiting(state& directory, Room& found) {
        if (!found.waits_) return;
        directory.waiting[directory.place_of(found.name())].erase(*found.waits_);
        found.waits_.reset();
        found.ends_.cancel();
    }
    // Lets the room go that has waited longest on this loop. @returns whether there was one.
    static bool make_place(state& directory, std::size_t place) {
        auto& waiting = directory.waiting[place];
        if (waiting.empty()) return false;
        remove(directory, *std::shared_ptr<Room>(waiting.front()));
        return true;
    }

    static void remove(state& directory, Room& empty) {
        const auto kept = empty.shared_from_this();
        stop_waiting(directory, empty);
        if (!forget(directory, empty)) return;  // a leave hook was quicker
        empty.guarded(nullptr, [&] {
            if (directory.hooks->gone) directory.hooks->gone(empty);
        });
    }
    // @returns whether it was there.
    static bool forget(state& directory, Room& going) {
        std::shared_ptr<Room> last;  // its end may call anything: not under the lock
        const std::lock_guard lock(directory.mutex);
        const auto found = directory.by_name.find(going.name());
        if (found == directory.by_name.end() || found->second.get() != &going) return false;
        last = std::move(found->second);
        directory.by_name.erase(found);
        --directory.counts[directory.place_of(last->name())];
        return true;
    }

    std::shared_ptr<state> state_;
};

ROOMPP_NAMESPACE_END
