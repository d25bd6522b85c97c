#pragma once
// A log that keeps rooms in an SQLite database: one file, a thread that writes, and a thread that reads.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/config.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/storage/sqlite_store.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

class sqlite_engine;

}  // namespace detail

/// A log in an SQLite database: `rooms.log(roompp::sqlite_log("chat.db"))`, for rooms with the policy logged. A value: copies
/// are one log, which ends, with all that was appended written, when the last of them and of the rooms has gone.
///
/// One transaction has all that has gathered, of all rooms, while the one before was being committed. A message is
/// acknowledged, and shown, after its commit. Errors of the file, such as a full disk or another program's lock of more than 2
/// seconds, make the messages unavailable that wait then; the log goes on by itself.
///
/// Thread-safety: settings before the first room; the other functions from any thread. Definitions need SQLite 3.35 (link with
/// -lsqlite3).
class sqlite_log {
public:
    /// Nothing is opened before the log is given to rooms, or start() is called.
    explicit sqlite_log(std::string path);

    /// See roompp::durability; full by default.
    sqlite_log& durability(roompp::durability level);
    /// Keeps about so many messages of each room; 10,000 by default, 0: all.
    sqlite_log& keep_messages(std::uint64_t count);
    /// Keeps so many bytes of messages of each room; 64 MiB by default, 0: all.
    sqlite_log& keep_bytes(std::uint64_t bytes);
    /// Keeps so many bytes of messages of all rooms, the latest, about; all by default (0).
    sqlite_log& keep_bytes_of_all(std::uint64_t bytes);
    /// Deletes messages that are older, within a minute; never by default (0).
    sqlite_log& keep_for(std::chrono::seconds age);
    /// For how long, and for how many messages of a room, a key is recognised; 5 minutes and 10,000 by default.
    sqlite_log& keep_keys(std::chrono::seconds age, std::uint64_t count);

    /// Opens the database, and starts the threads; does nothing if that is done.
    /// @throws std::runtime_error that says what is wrong with the file, and what to do: nothing in it was changed.
    void start() const;

    /// Random bytes that were made with the database, for server::secret(): with them, clients are the same persons after a
    /// restart, and a message that one sends again is recognised.
    /// @throws as start().
    [[nodiscard]] std::string secret() const;

    /// Deletes a room with all its messages. Fails while somebody is in it.
    /// @param on_done called on a thread of the log, with what was wrong; empty: it is done. Likewise below.
    void forget_room(std::string name, std::function<void(const std::string& error)> on_done) const;
    /// Empties all messages of a person, and takes the person from them; their numbers stay. Rooms that are open show them until
    /// they are opened again.
    void forget_person(std::string person_id, std::function<void(const std::string& error)> on_done) const;
    /// Writes the messages of a room, or of all rooms if the name is empty, as lines of JSON: see docs/durability.md.
    /// @throws std::runtime_error if the database can't be read.
    void export_to(std::ostream& out, std::string_view room = {}) const;

    /// The engine that rooms take. @throws as start().
    operator std::shared_ptr<log_engine>() const;

private:
    struct shared_state;
    std::shared_ptr<shared_state> state_;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/storage/impl/sqlite_log.ipp>
#endif
