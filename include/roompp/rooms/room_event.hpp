#pragma once
// The events of a room, as its members get them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/encoded_message.hpp>
#include <roompp/rooms/person.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The kinds of events in a room.
enum class event_kind : unsigned char {
    message,  ///< for everyone; numbered, and kept by a history
    direct,   ///< for some members alone; neither numbered nor kept
    signal,   ///< of the moment, such as "is typing"; neither numbered nor kept
    join,     ///< a person's first connection joined, or one with another name (see presence)
    leave     ///< a person's last connection left (see presence)
};

/// One event in a room. A view: valid while it is being encoded.
struct room_event {
    event_kind kind = event_kind::message;
    std::uint64_t id = 0;                      ///< of a message: rises by one within the room's epoch; else 0
    std::chrono::system_clock::time_point at;  ///< when it happened; of a join: since when the person is present
    const person* sender = nullptr;            ///< the person who caused it; null: the server
    std::string_view recipient;                ///< of a direct message for one person: that person's id
    payload message;                           ///< the bare message, without any envelope
    std::string_view epoch{};                  ///< of the id, see join_snapshot::epoch; empty for events from a history
    encoded_message encoded{};  ///< of an event from a history: where encodings store what they made of it
};

/// A member's position in a room's messages, from which it wants to continue.
struct resume_point {
    std::string epoch;     ///< of the id; empty: the room's present one
    std::uint64_t id = 0;  ///< the number of the last message that it received
};

/// A person who is present.
struct presence_entry {
    std::shared_ptr<const roompp::person> person;
    std::chrono::system_clock::time_point since;  ///< when the first of its connections joined
    std::size_t connections = 0;                  ///< 0: all have left, and the grace to come back has not passed
};

/// Outcome of a resume request.
enum class recovery : unsigned char {
    fresh,    ///< there was no request
    resumed,  ///< the member gets exactly what it missed
    reset     ///< the member's position is of another epoch, or too old: it has to start anew
};

/// The first that a member gets. A view: valid while it is being encoded.
struct join_snapshot {
    std::string_view room;      ///< the room's name
    std::string_view epoch;     ///< changes when the numbers start again
    std::uint64_t last_id = 0;  ///< the number of the room's latest message; 0: there was none
    roompp::recovery recovery = roompp::recovery::fresh;
    const person* self = nullptr;                         ///< the member's own person
    std::vector<room_event> messages;                     ///< those that were missed, or the latest ones, in order
    bool has_presence = false;                            ///< whether it shows the persons
    std::size_t people_count = 0;                         ///< the number of persons
    const std::vector<presence_entry>* people = nullptr;  ///< the persons, the member itself included, up to a bound
};

/// How a room's events are written for some of its members: see basic_room. A room encodes an event once for all
/// members that share an encoding object. Called on the loops of rooms, in several threads at once: must have no
/// mutable state. What it makes of the messages of a history may be stored with them: see room_event::encoded.
///
/// An event for which nothing is appended is not sent. Without an encoding, messages, direct messages and signals are
/// sent as their bare payload, and nothing else is sent.
template <class Batch>
class encoding {
public:
    encoding() = default;
    encoding(const encoding&) = delete;
    encoding& operator=(const encoding&) = delete;
    virtual ~encoding() = default;

    /// Writes an event.
    virtual void append(Batch& batch, const room_event& event) const = 0;
    /// Writes the first that a member gets.
    virtual void append(Batch& batch, const join_snapshot& first) const = 0;
    /// Writes who is in the room, for members that were not shown it when they joined: see basic_room::flush_presence().
    /// @param count the number of persons; `people` are as many of them as the room lists.
    virtual void append_people(Batch& batch, std::size_t count, const std::vector<presence_entry>& people) const {
        (void)batch, (void)count, (void)people;
    }
    /// Writes a frame that the application has encoded itself, see room_member::write().
    virtual void append_frame(Batch& batch, payload frame) const { batch.append(frame); }
};

/// The options of a connection that joins a room.
template <class Batch>
struct join_options {
    roompp::person person;                                    ///< an empty id makes the connection a person of its own
    std::shared_ptr<const roompp::encoding<Batch>> encoding;  ///< null: bare payloads
    std::shared_ptr<const resume_point> resume;               ///< null: the member was not in the room before
    std::size_t history_limit = 0;  ///< the number of latest messages to get, unless it resumes
    bool close_on_leave = false;    ///< whether member.leave() closes the connection, see room_member::leave()
};

/// The name of join_options before 0.2; goes with 0.3.
template <class Batch>
using joining [[deprecated("use roompp::join_options")]] = join_options<Batch>;

/// The name of join_snapshot before 0.2; goes with 0.3.
using welcome [[deprecated("use roompp::join_snapshot")]] = join_snapshot;

ROOMPP_NAMESPACE_END
