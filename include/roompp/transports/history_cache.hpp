#pragma once
// The history frame of a room, encoded once for all clients that poll from the same point.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Holds the latest history frame of one room, for clients that resume at one point: a message wakes all that poll, and they
/// need the same text but for the person that it names. Belongs to the room's home loop; holds one frame, and no reference
/// to the room.
class history_cache {
public:
    /// Whether the frame is that of this state of the room, for clients that resume at `point`.
    [[nodiscard]] bool holds(std::string_view epoch, std::uint64_t last_id, const resume_point& point) const noexcept;

    /// Encodes and holds another frame. Its person is replaced in frame().
    void store(join_snapshot snapshot, const resume_point& point);

    /// The frame for one person; null for none.
    [[nodiscard]] std::string frame(const person* self) const;

private:
    std::string epoch_;
    std::uint64_t last_id_ = 0;
    std::uint64_t resume_id_ = 0;
    std::string text_;                 // for nobody; empty: nothing is held
    std::size_t person_position_ = 0;  // of the `null` that stands for the person
};

/// The history frame for a client at `point`; null: for a new one.
/// @param limit maximum messages for a client that can't resume.
/// @tparam Room a room with a history. On its home loop.
template <class Room>
[[nodiscard]] std::string history_frame(Room& room, const resume_point* point, std::size_t limit, const person* self) {
    join_snapshot snapshot = room.catch_up(point, limit);
    snapshot.self = self;
    return v1_frames::history(snapshot);
}

/// The same, from the cache if the client can resume. Checks the room's history first: a frame from before messages have
/// expired must not be served again.
template <class Room>
[[nodiscard]] std::string cached_history_frame(Room& room, history_cache& cache, const resume_point* point,
                                               std::size_t limit, const person* self) {
    const bool is_cacheable = point && room.reaches(*point) && limit == (std::numeric_limits<std::size_t>::max)();
    if (!is_cacheable) return history_frame(room, point, limit, self);
    if (!cache.holds(room.epoch(), room.last_id(), *point)) cache.store(room.catch_up(point, limit), *point);
    return cache.frame(self);
}

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/history_cache.ipp>
#endif
