#pragma once
// What a room tells its members.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/person.hpp>

ROOMPP_NAMESPACE_BEGIN

/// The kinds of things that happen in a room.
enum class event_kind : unsigned char {
    message,  ///< said to everyone; numbered, and kept by a history
    direct,   ///< said to some alone; neither numbered nor kept
    signal,   ///< of the moment, such as "is typing"; neither numbered nor kept
    join,     ///< a person's first connection came, or one with another name (see presence)
    leave     ///< a person's last connection went (see presence)
};

/// One thing that happens in a room. A view: valid while it is being encoded.
struct room_event {
    event_kind kind = event_kind::message;
    std::uint64_t id = 0;                      ///< of a message: rises by one within the room's epoch; else 0
    std::chrono::system_clock::time_point at;  ///< when it happened; of a join: since when
    const person* sender = nullptr;            ///< whose doing it is; null: the server's
    std::string_view recipient;  ///< of a direct message: the id of the person it is for, if it is for one
    payload message;           ///< the bare message, without any envelope
    std::string_view epoch{};  ///< of the id, see welcome::epoch; empty for what comes from a history
};

/// Where a member was in a room's messages: it asks to go on from there.
struct resume_point {
    std::string epoch;     ///< of the numbers; empty: of the present ones
    std::uint64_t id = 0;  ///< of the last message that it got
};

/// A person who is present.
struct presence_entry {
    std::shared_ptr<const roompp::person> person;
    std::chrono::system_clock::time_point since;  ///< when the first of the connections came
    std::size_t connections = 0;                  ///< 0: all are gone, and it has a little time to come back
};

/// How a member's wish to go on was met.
enum class recovery : unsigned char {
    fresh,    ///< it did not ask
    resumed,  ///< it gets exactly what it missed
    reset     ///< its numbers are of another epoch, or too old: it has to start anew
};

/// What a member gets first. A view: valid while it is being encoded.
struct join_snapshot {
    std::string_view room;      ///< the room's name
    std::string_view epoch;     ///< changes when the numbers start again
    std::uint64_t last_id = 0;  ///< of the room's latest message; 0: there was none
    roompp::recovery recovery = roompp::recovery::fresh;
    const person* self = nullptr;                         ///< who the member is
    std::vector<room_event> messages;                     ///< what was missed, or the latest ones, in order
    bool has_presence = false;                            ///< whether the room tells who is there
    std::size_t people_count = 0;                         ///< how many persons are there
    const std::vector<presence_entry>* people = nullptr;  ///< they, the member itself among them; not all of very many
};

/// How a room's events are written for some of its members: see basic_room. A room encodes an event once for all members
/// that share an encoding object. Called on the loops of rooms, in several threads at once: must have no state to change.
///
/// Whatever appends nothing is not sent. Without an encoding, messages, direct messages and signals go out as their bare
/// payload, and nothing else does.
template <class Batch>
class encoding {
public:
    encoding() = default;
    encoding(const encoding&) = delete;
    encoding& operator=(const encoding&) = delete;
    virtual ~encoding() = default;

    virtual void append(Batch& to, const room_event& event) const = 0;
    virtual void append(Batch& to, const join_snapshot& first) const = 0;
    /// A frame that the application has written itself, see room_member::write().
    virtual void append_frame(Batch& to, payload frame) const { to.append(frame); }
};

/// How a connection wants to be in a room.
template <class Batch>
struct join_options {
    roompp::person person;                                    ///< an empty id makes the connection a person of its own
    std::shared_ptr<const roompp::encoding<Batch>> encoding;  ///< null: bare payloads
    std::shared_ptr<const resume_point> resume;               ///< null: it has not been here before
    std::size_t history_limit = 0;  ///< how many of the latest messages it wants if it does not resume
    bool close_on_leave = false;    ///< whether member.leave() ends the connection, see room_member::leave()
};

/// The name of join_options before 0.2; goes with 0.3.
template <class Batch>
using joining [[deprecated("use roompp::join_options")]] = join_options<Batch>;

/// The name of join_snapshot before 0.2; goes with 0.3.
using welcome [[deprecated("use roompp::join_snapshot")]] = join_snapshot;

ROOMPP_NAMESPACE_END
