#pragma once
// One connection's membership in one room, as the room's hooks see it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/fan_out.hpp>
#include <roompp/rooms/message_dispatch.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

template <class Room>
class membership;

namespace detail {

template <class Room>
class room_directory;
template <class Member, class Presence>
class roster;

// Whether a connection type has room_count(): the number of rooms that it is in, for limits::rooms_per_connection.
template <class Connection, class = void>
struct counts_rooms : std::false_type {};
template <class Connection>
struct counts_rooms<Connection, std::void_t<decltype(++std::declval<Connection&>().room_count())>> : std::true_type {};

}  // namespace detail

namespace detail {

/// What a member has sent while the log of its room was being opened.
class early_work {
public:
    template <class Member>
    void add(Member& sender, std::size_t bytes, std::function<void()> work) {
        constexpr std::size_t max_bytes = 256 * 1024;
        constexpr std::size_t cost = 256;  // of each besides its bytes
        bytes_ += bytes + cost;
        if (bytes_ > max_bytes)
            sender.close(close_code::try_again_later, "too fast: the room is not open yet");
        else
            tasks_.push_back(std::move(work));
    }
    /// In order; what one throws is the rooms' own concern.
    void run() {
        for (auto& task : tasks_) task();
    }

private:
    std::vector<std::function<void()>> tasks_;
    std::size_t bytes_ = 0;
};

}  // namespace detail

/// A member of a room. Owned by the room while joined; valid inside hooks that receive it. Everything but close() is
/// for the room's home loop, where hooks run.
template <class Room>
class room_member {
    template <class Message>
    using enable_for_values = detail::enable_for_values<Message, typename Room::messages>;

public:
    using connection_type = typename Room::connection_type;
    using join_options_type = join_options<typename connection_type::batch_type>;
    using state_type = typename Room::member_state_type;

    /// For the directory: a member that is about to join.
    room_member(std::shared_ptr<connection_type> connection, join_options_type options)
        : connection_(std::move(connection)), options_(std::move(options)), closes_on_leave_(options_.close_on_leave) {
        if constexpr (counts_rooms) ++connection_->room_count();
    }
    room_member(const room_member&) = delete;
    room_member& operator=(const room_member&) = delete;

    /// A number that no other member of this room has had.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    /// The member's person; its id is never empty once the member is in the room.
    [[nodiscard]] const roompp::person& person() const noexcept { return *person_; }
    [[deprecated("use person()")]] [[nodiscard]] const roompp::person& who() const noexcept { return *person_; }
    /// When it joined.
    [[nodiscard]] std::chrono::system_clock::time_point since() const noexcept { return since_; }
    /// The connection.
    [[nodiscard]] connection_type& connection() const noexcept { return *connection_; }
    /// The application's state of this member (see member_state).
    [[nodiscard]] state_type& state() noexcept { return state_; }
    [[nodiscard]] const state_type& state() const noexcept { return state_; }

    /// Sends a message to everyone in the room, itself included. It is numbered, and kept by the room's history.
    /// @returns the message's number; 0 if the member is not in the room any more.
    std::uint64_t broadcast(payload message) { return is_joined() ? room_->publish_from(*this, nullptr, message) : 0; }
    /// Sends a message to everyone else. It is numbered and kept like any other message.
    std::uint64_t broadcast_to_others(payload message) {
        return is_joined() ? room_->publish_from(*this, this, message) : 0;
    }
    /// The same with a value, in a room of typed messages (see roompp/typed.hpp): here and below.
    template <class Message, class = enable_for_values<Message>>
    std::uint64_t broadcast(const Message& value) {
        return broadcast(Room::messages::write(value));
    }
    template <class Message, class = enable_for_values<Message>>
    std::uint64_t broadcast_to_others(const Message& value) {
        return broadcast_to_others(Room::messages::write(value));
    }
    /// Sends a direct message to all connections of one person, and to all of its own person. Neither numbered nor
    /// kept.
    /// @returns the number of the other person's connections; 0 if it is not in the room: then nothing is sent.
    std::size_t send_to(std::string_view person_id, payload message) {
        return is_joined() ? room_->send_from(*this, person_id, message) : 0;
    }
    template <class Message, class = enable_for_values<Message>>
    std::size_t send_to(std::string_view person_id, const Message& value) {
        return send_to(person_id, Room::messages::write(value));
    }
    /// Sends everyone else a signal of the moment, such as "is typing": neither numbered nor kept.
    void signal(payload message) {
        if (is_joined()) room_->signal_from(*this, message);
    }
    template <class Message, class = enable_for_values<Message>>
    void signal(const Message& value) {
        signal(Room::messages::write(value));
    }

    /// Sends a message to this member alone, in order with the room's messages. Neither numbered nor kept.
    void send(payload message) {
        if (is_joined()) room_->send(*this, message);
    }
    template <class Message, class = enable_for_values<Message>>
    void send(const Message& value) {
        send(Room::messages::write(value));
    }
    /// Sends a frame to this member alone as it is: not written in the member's encoding, but in order with what is.
    void write(payload frame) {
        if (is_joined()) room_->write(*this, frame);
    }
    /// Closes the connection with a close code and reason (RFC 6455, section 7.4); the member leaves when it has ended.
    /// Safe from any thread.
    void close(std::uint16_t code = close_code::normal, std::string_view reason = {}) {
        connection_->close(code, reason);
    }
    /// Leaves the room. A connection that was opened for this room alone, by a route of rooms, is closed with 1000
    /// after what it was sent, unless it is in other rooms by then; any other one stays open.
    void leave() {
        if (is_joined()) room_->remove_and_notify(*this);
    }

private:
    friend Room;
    friend class membership<Room>;
    friend class detail::room_directory<Room>;
    template <class Member, class Presence>
    friend class detail::roster;
    template <class AnyRoom, class Member, class Messages>
    friend class detail::message_dispatch;
    enum membership_state : unsigned char { joining, joined, left };

    static constexpr bool counts_rooms = detail::counts_rooms<connection_type>::value;

    [[nodiscard]] bool is_joined() const noexcept { return membership_ == joined; }

    // The connection is in one room less. On the connection's loop, more than once if need be.
    void stop_counting() noexcept {
        if constexpr (counts_rooms)
            if (std::exchange(is_counted_, false)) --connection_->room_count();
    }
    // The application has made it leave the room. On the connection's loop.
    void on_removed() {
        stop_counting();
        if (!closes_on_leave_) return;
        if constexpr (counts_rooms)
            if (connection_->room_count() != 0) return;
        connection_->close(close_code::normal, "not in this room any more");
    }

    std::shared_ptr<connection_type> connection_;
    join_options_type options_;                     // until it has joined
    std::shared_ptr<const roompp::person> person_;  // from then on
    Room* room_ = nullptr;                          // while joined
    std::uint64_t id_ = 0;
    std::size_t index_ = 0;  // in the room's roster
    member_slot slot_;
    std::chrono::system_clock::time_point since_;
    detail::message_context<room_member>* message_ = nullptr;     // that is being handled
    std::unique_ptr<detail::async_messages<room_member>> async_;  // made when a coroutine gets a message
    std::unique_ptr<detail::early_work> early_work_;              // while it waits for the room's log
    state_type state_{};
    membership_state membership_ = joining;
    bool closes_on_leave_;
    bool is_counted_ = true;  // among the connection's rooms; belongs to the connection's loop
};

ROOMPP_NAMESPACE_END
