#pragma once
// One connection's membership in one room, as the room's handlers see it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <roompp/base/async_handler.hpp>
#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/fan_out.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

template <class Room>
class rooms;

namespace detail {

// Whether a connection type has room_count(): how many rooms it is in, for limits::rooms_per_connection.
template <class Connection, class = void>
struct counts_rooms : std::false_type {};
template <class Connection>
struct counts_rooms<Connection, std::void_t<decltype(++std::declval<Connection&>().room_count())>> : std::true_type {};

}  // namespace detail

/// A member of a room. Held by the room while it is in, and valid in the hooks that are given it. Everything but close() is
/// for the room's home loop, where hooks run.
template <class Room>
class room_member {
    template <class Message>
    using enable_for_values = detail::enable_for_values<Message, typename Room::messages>;

public:
    using connection_type = typename Room::connection_type;
    using join_options_type = join_options<typename connection_type::batch_type>;
    using state_type = typename Room::member_state_type;

    /// For the directory: a member that waits to be let in.
    room_member(std::shared_ptr<connection_type> connection, join_options_type how)
        : connection_(std::move(connection)), how_(std::move(how)), closes_on_leave_(how_.close_on_leave) {
        if constexpr (counts_rooms) ++connection_->room_count();
    }
    room_member(const room_member&) = delete;
    room_member& operator=(const room_member&) = delete;

    /// A number that no other member of this room has had.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    /// Who it is; its id is never empty once the member is in the room.
    [[nodiscard]] const roompp::person& person() const noexcept { return *person_; }
    [[deprecated("use person()")]] [[nodiscard]] const roompp::person& who() const noexcept { return *person_; }
    /// When it joined.
    [[nodiscard]] std::chrono::system_clock::time_point since() const noexcept { return since_; }
    /// The connection.
    [[nodiscard]] connection_type& connection() const noexcept { return *connection_; }
    /// What the application keeps with it (see member_state).
    [[nodiscard]] state_type& state() noexcept { return state_; }
    [[nodiscard]] const state_type& state() const noexcept { return state_; }

    /// Says something to everyone in the room, itself included.
    /// @returns the message's number; 0 if it is not in the room any more.
    std::uint64_t broadcast(payload message) { return in() ? room_->say(*this, nullptr, message) : 0; }
    /// Says something to everyone else. It has a number and is kept like any other message.
    std::uint64_t broadcast_to_others(payload message) { return in() ? room_->say(*this, this, message) : 0; }
    /// The same with a value, in a room of typed messages (see roompp/typed.hpp): here and below.
    template <class Message, class = enable_for_values<Message>>
    std::uint64_t broadcast(const Message& value) {
        return broadcast(Room::messages::write(value));
    }
    template <class Message, class = enable_for_values<Message>>
    std::uint64_t broadcast_to_others(const Message& value) {
        return broadcast_to_others(Room::messages::write(value));
    }
    /// Says something to all connections of one person, and to its own.
    /// @returns to how many of the other's; 0 if there is no such person.
    std::size_t send_to(std::string_view person_id, payload message) {
        return in() ? room_->say_to(*this, person_id, message) : 0;
    }
    template <class Message, class = enable_for_values<Message>>
    std::size_t send_to(std::string_view person_id, const Message& value) {
        return send_to(person_id, Room::messages::write(value));
    }
    /// Tells everyone else something of the moment, such as "is typing": it has no number and is not kept.
    void signal(payload message) {
        if (in()) room_->signal_from(*this, message);
    }
    template <class Message, class = enable_for_values<Message>>
    void signal(const Message& value) {
        signal(Room::messages::write(value));
    }

    /// Sends to this member alone, in order with what the room says.
    void send(payload message) {
        if (in()) room_->send(*this, message);
    }
    template <class Message, class = enable_for_values<Message>>
    void send(const Message& value) {
        send(Room::messages::write(value));
    }
    /// Sends to this member alone a frame as it is: not written in the member's encoding, but in order with what is.
    void write(payload frame) {
        if (in()) room_->write(*this, frame);
    }
    /// Ends the connection with a close code and reason (RFC 6455, section 7.4); the member leaves when it has ended.
    /// Safe from any thread.
    void close(std::uint16_t code = close_code::normal, std::string_view reason = {}) {
        connection_->close(code, reason);
    }
    /// Leaves the room. A connection that was opened for this room alone, by a route of rooms, is closed with 1000 after
    /// what it was sent, unless it is in other rooms by then; any other one stays.
    void leave() {
        if (in()) room_->take_out(*this);
    }

private:
    friend Room;
    friend class rooms<Room>;
    enum membership_state : unsigned char { waiting, inside, out };

    static constexpr bool counts_rooms = detail::counts_rooms<connection_type>::value;

    [[nodiscard]] bool in() const noexcept { return membership_ == inside; }

    // The connection is in one room less. On the connection's loop, more than once if need be.
    void stop_counting() noexcept {
        if constexpr (counts_rooms)
            if (std::exchange(is_counted_, false)) --connection_->room_count();
    }
    // The application has taken it out of the room. On the connection's loop.
    void was_taken_out() {
        stop_counting();
        if (!closes_on_leave_) return;
        if constexpr (counts_rooms)
            if (connection_->room_count() != 0) return;
        connection_->close(close_code::normal, "not in this room any more");
    }

    std::shared_ptr<connection_type> connection_;
    join_options_type how_;                         // until it is in
    std::shared_ptr<const roompp::person> person_;  // from then on
    Room* room_ = nullptr;                          // while inside
    std::uint64_t id_ = 0;
    std::uint64_t said_ = 0;  // the number of what was said first for its latest message; 0: nothing yet
    std::size_t index_ = 0;   // among the room's members
    member_slot place_;
    std::chrono::system_clock::time_point since_;
    std::shared_ptr<message_queue> queue_;  // once a coroutine has been given a message
    state_type state_{};
    membership_state membership_ = waiting;
    bool closes_on_leave_;
    bool is_counted_ = true;  // among the connection's rooms; belongs to the connection's loop
};

ROOMPP_NAMESPACE_END
