#pragma once
// The concept of a log: where the messages of rooms with the policy logged get their numbers and are kept.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/person.hpp>

ROOMPP_NAMESPACE_BEGIN

/// A message as a log keeps it.
struct log_entry {
    std::uint64_t id = 0;  ///< the log's number, which rises by one within the room's epoch
    std::chrono::system_clock::time_point at;
    std::shared_ptr<const person> sender;  ///< null: the server
    payload_kind kind = payload_kind::text;
    std::string bytes;
};

/// What became of a message that was handed to a log.
struct append_outcome {
    std::uint64_t id = 0;      ///< its number, or that of the message which had its key first
    bool is_repeated = false;  ///< a message with its key is there already: this one was not appended
    std::string error;         ///< why the log could not keep it, for people; empty: it is kept
};

/// Messages that were asked for.
struct read_outcome {
    std::vector<log_entry> entries;  ///< in order, without a gap
    std::string error;               ///< why there are none, for people; empty: they were read
};

/// One room's part of a log. Belongs to the room's home loop: its functions are called there, and so are the handlers that
/// they are given, in a later turn, once each, unless the loop has ended before.
class room_log {
public:
    room_log() = default;
    room_log(const room_log&) = delete;
    room_log& operator=(const room_log&) = delete;
    virtual ~room_log() = default;

    /// Keeps a message after all that were appended before. The outcomes come in that order. An outcome without an error
    /// promises that the message is kept as durably as the log says, and that its number is never given to another message
    /// of the same epoch.
    /// @param entry everything but the number; not changed by anybody until the outcome.
    /// @param key if not empty: a message with this key is kept once within the log's window, however often it is appended.
    virtual void append(std::shared_ptr<const log_entry> entry, std::string key,
                        std::function<void(const append_outcome&)> on_outcome) = 0;
    /// Reads the messages after a number, the oldest first: at most so many, and no more bytes than that, but at least one
    /// if there is one. Messages that retention has deleted are missing at the beginning.
    virtual void read(std::uint64_t after, std::size_t max_count, std::size_t max_bytes,
                      std::function<void(const read_outcome&)> on_outcome) = 0;
};

/// A room's log as it was opened.
struct opened_log {
    std::unique_ptr<room_log> log;  ///< null: it could not be opened
    std::string epoch;              ///< another one whenever it cannot be shown that the numbers go on
    std::uint64_t last_id = 0;      ///< 0: there was no message
    std::vector<log_entry> latest;  ///< the latest messages, in order, up to last_id
    std::string error;              ///< why it could not be opened, for people
};

/// A log of many rooms. Shared by the rooms objects that use it, and safe from any thread.
///
/// Promises, which tests/support/log_contract.hpp checks of every log: a room's numbers begin with 1 and rise by one; what
/// was kept is there when the room is opened again, and after a restart if the log outlives one; an outcome is given once for
/// each append, in order; what cannot be kept is refused with an error, after which the log goes on.
class log_engine {
public:
    log_engine() = default;
    log_engine(const log_engine&) = delete;
    log_engine& operator=(const log_engine&) = delete;
    virtual ~log_engine() = default;

    /// Opens the log of a room. The one who opened it before must have destroyed its room_log.
    /// @param home where `on_open` is called, in a later turn.
    /// @param max_latest how many of the latest messages to read, and `max_bytes` how many bytes of them at most.
    virtual void open(const std::string& room, loop& home, std::size_t max_latest, std::size_t max_bytes,
                      std::function<void(opened_log)> on_open) = 0;
};

/// What becomes of a message that is published in a room.
struct publication_outcome {
    std::uint64_t id = 0;         ///< the message's number; 0: it was not broadcast
    bool is_repeated = false;     ///< a message with its key was there already, and has this number
    bool is_unavailable = false;  ///< the room's log could not keep it: sending it again may help
};

ROOMPP_NAMESPACE_END
