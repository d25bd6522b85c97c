#pragma once
// A connection's membership in a room, as a value.

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

template <class Room>
class rooms;

namespace detail {

template <class Room>
class room_directory;

// Whether a connection type has pause_reading() and resume_reading().
template <class Connection, class = void>
struct can_pause_reading : std::false_type {};
template <class Connection>
struct can_pause_reading<Connection, std::void_t<decltype(std::declval<Connection&>().pause_reading(),
                                                          std::declval<Connection&>().resume_reading())>>
    : std::true_type {};

}  // namespace detail

/// A connection's membership in a room as a value, made by rooms::join(): the connection is in the room while this
/// lives. Movable. Belongs to the connection's loop. Keeps the room's directory alive.
template <class Room>
class membership {
    using connection_type = typename Room::connection_type;
    using member = typename Room::member;

public:
    membership() = default;
    membership(membership&&) noexcept = default;
    membership& operator=(membership&& other) noexcept {
        if (this != &other) {
            leave();
            member_ = std::move(other.member_);
            directory_ = std::move(other.directory_);
            home_ = other.home_;
            bytes_in_flight_ = other.bytes_in_flight_;
        }
        return *this;
    }
    ~membership() { leave(); }

    /// Hands a message of the connection to the room: to its message hook, or, without one, to all members.
    /// @param on_handled called on the room's home loop when that is done, with the message's number, 0 if it was not
    /// broadcast; may be empty.
    void receive(payload message, typename Room::receipt on_handled = {}) {
        receive(message, {}, std::move(on_handled));
    }
    /// The same for a message with a key: what is published for it is published once, however often the person sends it.
    void receive(payload message, std::string key, typename Room::receipt on_handled) {
        if (!member_) return;
        if (home_->running_here() && !must_wait(*member_)) {
            if (member_->room_) member_->room_->receive(*member_, message, std::move(key), std::move(on_handled));
            return;
        }
        auto work = [member = member_, directory = directory_, copy = std::string(message.data()),
                     kind = message.kind(), key = std::move(key), on_handled = std::move(on_handled)] {
            if (member->room_) member->room_->receive(*member, payload(copy, kind), key, on_handled);
        };
        if (home_->running_here())
            member_->early_work_->add(*member_, message.size(), std::move(work));
        else
            hand_over(message.size(), wait_if_early(message.size(), std::move(work)));
    }

    /// Runs `action(room, member)` on the room's home loop, in order with receive(); not at all if the connection is
    /// not in the room by then. An exception closes the connection with 1011 and is reported, see rooms::on_error().
    template <class Action>
    void visit(Action&& action) {
        visit(0, std::forward<Action>(action));
    }
    /// @param bytes the size of the client's message for which this is done.
    template <class Action>
    void visit(std::size_t bytes, Action&& action) {
        if (!member_) return;
        auto work = [member = member_, directory = directory_, action = std::forward<Action>(action)]() mutable {
            if (!member->is_joined()) return;
            const auto room = member->room_->shared_from_this();
            room->guard(member.get(), [&] { action(*room, *member); });
        };
        if (!home_->running_here())
            hand_over(bytes, wait_if_early(bytes, std::move(work)));
        else if (must_wait(*member_))
            member_->early_work_->add(*member_, bytes, std::move(work));
        else
            work();
    }

    /// Ends the membership.
    /// @param reason what the room's leave hook gets.
    void leave(const close_event& reason = {close_code::normal, {}}) noexcept {
        if (!member_) return;
        // Emptied first, since a hook may assign another membership to this. The directory goes with the message: it
        // keeps the room alive until that arrives.
        const auto leaving = std::exchange(member_, nullptr);
        leaving->stop_counting();
        home_->dispatch([leaving, directory = std::move(directory_), reason] {
            if (leaving->is_joined())
                leaving->room_->remove(*leaving, reason);
            else
                leaving->membership_ = member::left;
        });
    }

    /// Whether this is a membership that has not been left.
    [[nodiscard]] explicit operator bool() const noexcept { return member_ != nullptr; }

private:
    // A room that is logged may be about to open when its first member sends something already.
    [[nodiscard]] static bool must_wait([[maybe_unused]] const member& sender) noexcept {
        if constexpr (Room::is_logged)
            return sender.early_work_ != nullptr;
        else
            return false;
    }
    // Work for the room's loop.
    template <class Work>
    [[nodiscard]] auto wait_if_early([[maybe_unused]] std::size_t bytes, Work work) const {
        if constexpr (Room::is_logged) {
            return [member = member_, bytes, work = std::move(work)]() mutable {
                if (must_wait(*member))
                    member->early_work_->add(*member, bytes, std::move(work));
                else
                    work();
            };
        } else {
            return work;
        }
    }

    friend class rooms<Room>;
    membership(std::shared_ptr<member> joining, std::shared_ptr<detail::room_directory<Room>> directory, loop& home)
        : member_(std::move(joining)), directory_(std::move(directory)), home_(&home) {}

    // How much is handed to the room's loop before that has to catch up, and what each message costs besides its bytes.
    static constexpr std::size_t max_bytes_in_flight = 256 * 1024;
    static constexpr std::size_t message_cost = 256;

    // Runs the work on the room's loop, which is another one. If that does not keep up, nothing more is read from the
    // client meanwhile: what is queued between the loops stays bounded.
    template <class Work>
    void hand_over(std::size_t bytes, Work&& work) {
        home_->post(std::forward<Work>(work));
        if constexpr (detail::can_pause_reading<connection_type>::value) {
            bytes_in_flight_ += bytes + message_cost;
            if (bytes_in_flight_ < max_bytes_in_flight) return;
            bytes_in_flight_ = 0;
            member_->connection().pause_reading();
            home_->post([connection = member_->connection_] {
                connection->home().post([connection] { connection->resume_reading(); });
            });
        }
    }

    std::shared_ptr<member> member_;
    std::shared_ptr<detail::room_directory<Room>> directory_;
    loop* home_ = nullptr;
    std::size_t bytes_in_flight_ = 0;  // since the room's loop was last known to have caught up
};

ROOMPP_NAMESPACE_END
