#pragma once
// The directory of rooms: a room appears on its first join and goes with its last member.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/core/close.hpp>
#include <roompp/core/loop.hpp>
#include <roompp/core/payload.hpp>
#include <roompp/core/room.hpp>

namespace roompp {

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
            }
            return *this;
        }
        ~membership() { leave(); }

        /// Hands a message of the connection to the room: to its message hook, or, without one, to all members.
        void receive(payload message) {
            if (!member_) return;
            if (home_->running_here()) {
                if (member_->room_) member_->room_->receive(*member_, message);
                return;
            }
            home_->post(
                [member = member_, directory = state_, copy = std::string(message.data()), kind = message.kind()] {
                    if (member->room_) member->room_->receive(*member, payload(copy, kind));
                });
        }

        /// Ends the membership; `why` is what the room's leave hook gets.
        void leave(const close_event& why = {close_code::normal, {}}) noexcept {
            if (!member_) return;
            // Taken first, since a hook may assign another membership to this. The directory goes with the message: it
            // is what keeps the room until that arrives.
            const auto leaving = std::exchange(member_, nullptr);
            home_->dispatch([leaving, directory = std::move(state_), why] {
                if (leaving->room_)
                    leaving->room_->remove(*leaving, why);
                else
                    leaving->state_ = member::out;
            });
        }

        /// Whether this is a membership that has not been left.
        [[nodiscard]] explicit operator bool() const noexcept { return member_ != nullptr; }

    private:
        friend class rooms;
        membership(std::shared_ptr<member> joined, std::shared_ptr<state> directory, loop& home)
            : member_(std::move(joined)), state_(std::move(directory)), home_(&home) {}

        std::shared_ptr<member> member_;
        std::shared_ptr<state> state_;
        loop* home_ = nullptr;
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
    }

    /// A room has been made, for its first member: `(room)`.
    template <class F>
    rooms& on_create(F&& f) {
        hooks().created = std::forward<F>(f);
        return *this;
    }
    /// A member has joined, and already gets what is broadcast: `(room, member)`.
    template <class F>
    rooms& on_join(F&& f) {
        hooks().joined = std::forward<F>(f);
        return *this;
    }
    /// A member has sent a message: `(room, member, payload)`; a `std::string_view` does for the payload. Without this
    /// hook the message is broadcast as it is, to the sender too.
    template <class F>
    rooms& on_message(F&& f) {
        hooks().message = std::forward<F>(f);
        return *this;
    }
    /// A member has left: `(room, member, close_event)`.
    template <class F>
    rooms& on_leave(F&& f) {
        hooks().left = std::forward<F>(f);
        return *this;
    }
    /// The last member has left and the room goes: `(room)`.
    template <class F>
    rooms& on_destroy(F&& f) {
        hooks().gone = std::forward<F>(f);
        return *this;
    }
    /// A hook has thrown; the connection it was called for is being closed with 1011: `(room, std::exception_ptr)`.
    template <class F>
    rooms& on_error(F&& f) {
        hooks().failed = std::forward<F>(f);
        return *this;
    }

    /// Puts a connection into a room, which is made if it is not there. Call on the connection's loop.
    /// @throws std::logic_error if the directory has no loop yet.
    [[nodiscard]] membership join(std::shared_ptr<connection_type> who, std::string name) {
        loop& home = state_->home_of(name);
        auto joining = std::make_shared<member>(std::move(who));
        home.dispatch([directory = state_, joining, name = std::move(name)]() mutable {
            enter(directory, joining, std::move(name));
        });
        return membership(std::move(joining), state_, home);
    }

    /// Sends to every member of a room; does nothing if there is no such room. Safe from any thread.
    void broadcast(std::string_view name, payload message) const {
        if (const auto found = state_->find(name)) found->broadcast(message);
    }

    /// Runs `action(room)` on the home loop of a room, now if called there, if there is such a room. Safe from any
    /// thread.
    /// @returns whether there was such a room at the time of the call.
    template <class Action>
    bool with(std::string_view name, Action&& action) const {
        const auto found = state_->find(name);
        if (!found) return false;
        found->home().dispatch([found, action = std::forward<Action>(action)]() mutable { action(*found); });
        return true;
    }

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
        std::shared_ptr<room_hooks<Room>> hooks = std::make_shared<room_hooks<Room>>();
        mutable std::mutex mutex;
        std::map<std::string, std::shared_ptr<Room>, std::less<>> by_name;

        loop& home_of(const std::string& name) const {
            if (homes.empty())
                throw std::logic_error(
                    "roompp: these rooms have no event loop: give them to server.websocket(...) or construct "
                    "them with a roompp::loop");
            return *homes[std::hash<std::string>{}(name) % homes.size()];
        }
        std::shared_ptr<Room> find(std::string_view name) const {
            const std::lock_guard lock(mutex);
            const auto found = by_name.find(name);
            return found == by_name.end() ? nullptr : found->second;
        }
    };

    room_hooks<Room>& hooks() { return *state_->hooks; }

    static void enter(const std::shared_ptr<state>& directory, const std::shared_ptr<member>& joining,
                      std::string name) {
        if (joining->state_ != member::waiting) return;  // it left before it got here
        auto room = directory->find(name);
        const bool created = !room;
        if (created) {
            loop& home = directory->home_of(name);
            room = std::make_shared<Room>(std::move(name), home, directory->hooks);
            room->on_empty_ = [weak = std::weak_ptr<state>(directory)](Room& empty) { remove(weak, empty); };
            const std::lock_guard lock(directory->mutex);
            directory->by_name.emplace(room->name(), room);
        }
        room->add(joining);
        room->guarded(joining.get(), [&] {
            if (created && directory->hooks->created) directory->hooks->created(*room);
            if (directory->hooks->joined) directory->hooks->joined(*room, *joining);
        });
    }

    static void remove(const std::weak_ptr<state>& weak, Room& empty) {
        const auto directory = weak.lock();
        if (!directory) return;
        {
            const std::lock_guard lock(directory->mutex);
            const auto found = directory->by_name.find(empty.name());
            if (found == directory->by_name.end() || found->second.get() != &empty) return;  // by a leave hook
            directory->by_name.erase(found);
        }
        empty.guarded(nullptr, [&] {
            if (directory->hooks->gone) directory->hooks->gone(empty);
        });
    }

    std::shared_ptr<state> state_;
};

}  // namespace roompp
