#pragma once
// The directory of rooms: a room is created on its first join and destroyed with its last member.

#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/handler.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/rooms/membership.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room.hpp>
#include <roompp/rooms/room_directory.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/room_hooks.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Rooms by name. A handle: copies are the same directory, which lives as long as any of them, or any membership.
///
/// Hooks are set before the first join (in a server: before run()). They run on the room's home loop; every hook takes
/// the parameters shown, or some of them in the same order, and returns the directory, so that they can be chained.
template <class Room = basic_room<>>
class rooms {
public:
    using room_type = Room;
    using connection_type = typename Room::connection_type;
    using member = typename Room::member;
    /// A connection's membership as a value: the connection is in the room while it lives.
    using membership = roompp::membership<Room>;

    /// A directory without a loop: a server attaches its own.
    rooms() : directory_(std::make_shared<detail::room_directory<Room>>()) {}
    /// A directory whose rooms all live on one loop, which must outlive it: for use without a roompp::server.
    explicit rooms(loop& home) : rooms() { attach({&home}); }

    /// Sets the loops on which rooms live: a room's name decides on which of them. A server does this by itself.
    /// @throws std::logic_error if the directory already belongs to other loops.
    void attach(const std::vector<loop*>& homes) { directory_->attach(homes); }
    /// For the server, before its loops end: removes the empty rooms, without calling hooks. The directory can belong
    /// to other loops then, unless one of its rooms has members. Does nothing if it does not belong to these loops.
    void detach(const std::vector<loop*>& homes) {
        if (directory_->detach(homes)) hooks().default_error_handler = {};
    }
    /// Sets the maximum number of rooms and members (limits::rooms, members_per_room, rooms_per_connection), the
    /// maximum memory of the histories (limits::history_bytes), and how long an empty room waits (limits::empty_room).
    /// Without this call the limits of the server apply. Before the first join.
    rooms& limits(const roompp::limits& limits) {
        directory_->set_limits(limits);
        return *this;
    }
    /// Sets the log that numbers and keeps the messages of rooms with the policy logged; before the rooms get a loop, so before
    /// server.websocket() gets them. Several rooms objects may share one log only if their rooms' names differ.
    rooms& log(std::shared_ptr<log_engine> engine) {
        static_assert(Room::is_logged, "roompp: a log is for rooms with the policy roompp::logged<N>");
        directory_->set_log(std::move(engine));
        return *this;
    }
    /// For the server: the limits of a directory that has none of its own, and the handler of exceptions in rooms
    /// without on_error().
    void set_defaults(const roompp::limits& limits, const handler<void(std::exception_ptr)>& on_error) {
        directory_->set_default_limits(limits);
        hooks().default_error_handler = on_error;
    }

    /// A room was created; its first member has not joined yet: `(room)`.
    template <class F>
    rooms& on_create(F&& f) {
        hooks().on_create = std::forward<F>(f);
        return *this;
    }
    /// A connection wants to join: `(room, member, join_reply)`; the hook may refuse it. `member.connection()` and
    /// `member.person()` identify it; see also websocket_route::on_connect(), which is called earlier and gets the
    /// request.
    template <class F>
    rooms& on_admit(F&& f) {
        hooks().on_admit = std::forward<F>(f);
        return *this;
    }
    /// A member has joined, and already gets what is broadcast: `(room, member)`.
    template <class F>
    rooms& on_join(F&& f) {
        hooks().on_join = std::forward<F>(f);
        return *this;
    }
    /// A member has sent a message: `(room, member, payload)`; a `std::string_view` does for the payload. Without this
    /// hook the message is broadcast as it is, to the sender too. The hook may be a coroutine that returns
    /// `asio::awaitable<void>`: the member's further messages wait for it, and its payload stays valid until it ends.
    template <class F>
    rooms& on_message(F&& f) {
        hooks().on_message = std::forward<F>(f);
        return *this;
    }
    /// A member has sent a payload that is not a message of the room's type (see roompp/typed.hpp): `(room, member,
    /// payload)`. Without this hook its connection is closed with 1007.
    template <class F>
    rooms& on_malformed(F&& f) {
        hooks().on_malformed = std::forward<F>(f);
        return *this;
    }
    /// A member has left: `(room, member, close_event)`.
    template <class F>
    rooms& on_leave(F&& f) {
        hooks().on_leave = std::forward<F>(f);
        return *this;
    }
    /// A room is being destroyed: its last member has left, and nobody came back within limits::empty_room if it has a
    /// history: `(room)`.
    template <class F>
    rooms& on_destroy(F&& f) {
        hooks().on_destroy = std::forward<F>(f);
        return *this;
    }
    /// A hook has thrown; the connection for which it was called is being closed with 1011: `(room,
    /// std::exception_ptr)`. Without this hook the server's on_error is called.
    template <class F>
    rooms& on_error(F&& f) {
        hooks().on_error = std::forward<F>(f);
        return *this;
    }

    /// Lets a connection join a room, which is created if it does not exist. Call on the connection's loop. A
    /// connection that may not join is closed: with 1013 if a limit is reached, or as on_admit says.
    /// @throws std::logic_error if the directory has no loop yet.
    [[nodiscard]] membership join(std::shared_ptr<connection_type> connection, std::string name,
                                  join_options<typename connection_type::batch_type> options = {}) {
        loop& home = directory_->home_of(name);
        if constexpr (detail::counts_rooms<connection_type>::value) {
            if (connection->room_count() >= directory_->limits().rooms_per_connection) {
                connection->close(close_code::policy_violation, "in too many rooms");
                return {};
            }
        }
        auto joining = std::make_shared<member>(std::move(connection), std::move(options));
        home.dispatch([directory = directory_, joining, name = std::move(name)]() mutable {
            directory->enter(joining, std::move(name));
        });
        return membership(std::move(joining), directory_, home);
    }

    /// Sends a message to every member of a room, in the server's name; does nothing if there is no such room. Safe
    /// from any thread.
    void broadcast(std::string_view name, payload message) const {
        auto room = directory_->find(name);
        if (!room) return;
        loop& home = room->home();
        if (home.running_here()) {
            room->broadcast(message);
            return;
        }
        // The room is moved into the task: it may be destroyed only on its home loop.
        home.post([room = std::move(room), copy = std::string(message.data()), kind = message.kind()] {
            room->broadcast(payload(copy, kind));
        });
    }
    /// The same with a value, in rooms of typed messages (see roompp/typed.hpp).
    template <class Message, class = detail::enable_for_values<Message, typename Room::messages>>
    void broadcast(std::string_view name, const Message& value) const {
        broadcast(name, Room::messages::write(value));
    }

    /// Runs `action(room)` on the home loop of a room, now if called on that loop, if there is such a room. Safe from
    /// any thread.
    /// @returns whether there was such a room at the time of the call.
    template <class Action>
    bool with(std::string_view name, Action&& action) const {
        auto room = directory_->find(name);
        if (!room) return false;
        loop& home = room->home();
        home.dispatch([room = std::move(room), action = std::forward<Action>(action)]() mutable { action(*room); });
        return true;
    }

    /// The loop on which the room of this name lives, whether it exists or not. Safe from any thread.
    /// @throws std::logic_error if the directory has no loop yet.
    [[nodiscard]] loop& home_of(const std::string& name) const { return directory_->home_of(name); }

    /// The number of rooms. Safe from any thread.
    [[nodiscard]] std::size_t size() const { return directory_->size(); }

    /// The rooms by name, at most `max_count` of them. Safe from any thread.
    [[nodiscard]] std::vector<room_info> list(std::size_t max_count = 1000) const {
        return directory_->list(max_count);
    }

private:
    room_hooks<Room>& hooks() { return directory_->hooks(); }

    std::shared_ptr<detail::room_directory<Room>> directory_;
};

ROOMPP_NAMESPACE_END
