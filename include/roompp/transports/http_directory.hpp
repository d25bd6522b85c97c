#pragma once
// The rooms behind the routes of http_rooms: an interface without the type of the rooms, and its implementation with it.

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/protocols/v1_commands.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/transports/http_member.hpp>
#include <roompp/transports/post_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A directory of rooms as the endpoints of http_rooms use it: they are no templates.
class http_directory {
public:
    http_directory() = default;
    http_directory(const http_directory&) = delete;
    http_directory& operator=(const http_directory&) = delete;
    virtual ~http_directory() = default;

    /// The home loop of a room, see rooms::home_of(). Safe from any thread.
    [[nodiscard]] virtual loop& home_of(const std::string& room) const = 0;

    /// A member that has not joined yet, see http_member. Safe from any thread.
    [[nodiscard]] virtual std::shared_ptr<http_member> make_member(v1_permissions permissions, const limits& limits,
                                                                   bool has_stream) const = 0;

    // For anonymous polls, on the room's home loop. A room that does not exist has no messages.

    /// Whether a client at that point has all messages of the room.
    [[nodiscard]] virtual bool is_up_to_date(const std::string& room, const resume_point& point) const = 0;
    /// The history frame of the room, see poll_source::history().
    [[nodiscard]] virtual std::string history(const std::string& room, const resume_point* point,
                                              std::size_t limit) const = 0;
};

/// Whether a client at that point has all messages of the room; a point without an epoch means the present one.
template <class Room>
[[nodiscard]] bool is_up_to_date(const Room& room, const resume_point& point) {
    return point.id == room.last_id() && (point.epoch.empty() || point.epoch == room.epoch());
}
/// The same for a room that does not exist: a client with messages of it has to start again.
[[nodiscard]] inline bool is_at_start(const resume_point& point) { return point.id == 0 && point.epoch.empty(); }

/// The history frame for a client at `point`; null: for a new one. On the room's home loop.
/// @param limit maximum messages for a client that can't resume.
template <class Room>
[[nodiscard]] std::string history_frame(Room& room, const resume_point* point, std::size_t limit, const person* self) {
    join_snapshot snapshot = room.catch_up(point, limit);
    snapshot.self = self;
    return v1_frames::history(snapshot);
}

/// http_member with the type of its room.
template <class Room>
class typed_http_member final : public http_member {
    using member_type = typename Room::member;

public:
    typed_http_member(rooms<Room> directory, v1_permissions permissions, const limits& limits, bool has_stream)
        : http_member(permissions, limits, has_stream), directory_(std::move(directory)) {}

    void leave(const close_event& event) override { membership_.leave(event); }

    bool is_up_to_date(const resume_point& point) override {
        bool result = true;
        membership_.visit([&](Room& room, member_type&) { result = detail::is_up_to_date(room, point); });
        return result;
    }
    std::string history(const resume_point* point, std::size_t limit) override {
        std::string frame;
        membership_.visit(
            [&](Room& room, member_type& member) { frame = history_frame(room, point, limit, &member.person()); });
        return frame;
    }
    std::string presence() override {
        std::string frame;
        if constexpr (Room::presence_type::tells)
            membership_.visit(
                [&](Room& room, member_type&) { frame = v1_frames::presence(room.people_count(), room.people()); });
        return frame;
    }

private:
    void do_join(const std::shared_ptr<connection>& conn, std::string room,
                 join_options<net::frame_batch> options) override {
        membership_ = directory_.join(conn, std::move(room), std::move(options));
    }
    void execute(v1_command command, const std::shared_ptr<post_reply>& reply, bool has_stream) override {
        auto send = [reply, has_stream](Room&, member_type& member, const std::string& frame) {
            if (has_stream && frame.find(R"("ack":)") != std::string::npos) member.write(frame);
            reply->send(frame);
        };
        v1_executor<Room, decltype(send)>(membership_, v1_acks::always, std::move(send)).execute(std::move(command));
    }

    rooms<Room> directory_;
    typename rooms<Room>::membership membership_;
};

/// http_directory with the type of its rooms.
template <class Room>
class typed_http_directory final : public http_directory {
public:
    explicit typed_http_directory(rooms<Room> directory) : directory_(std::move(directory)) {}

    loop& home_of(const std::string& room) const override { return directory_.home_of(room); }

    std::shared_ptr<http_member> make_member(v1_permissions permissions, const limits& limits,
                                             bool has_stream) const override {
        return std::make_shared<typed_http_member<Room>>(directory_, permissions, limits, has_stream);
    }

    bool is_up_to_date(const std::string& room, const resume_point& point) const override {
        bool result = is_at_start(point);
        directory_.with(room, [&](Room& found) { result = detail::is_up_to_date(found, point); });
        return result;
    }

    std::string history(const std::string& room, const resume_point* point, std::size_t limit) const override {
        std::string frame;
        const bool exists =
            directory_.with(room, [&](Room& found) { frame = history_frame(found, point, limit, nullptr); });
        if (exists) return frame;
        join_snapshot empty;
        if (point && !is_at_start(*point)) empty.recovery = recovery::reset;
        return v1_frames::history(empty);
    }

private:
    rooms<Room> directory_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
