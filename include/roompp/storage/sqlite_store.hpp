#pragma once
// The tables of an SQLite log: what is kept of rooms, messages and keys, and for how long.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/rooms/log.hpp>
#include <roompp/rooms/person.hpp>
#include <roompp/storage/sqlite_database.hpp>

ROOMPP_NAMESPACE_BEGIN

/// How certain it is that what a commit has written survives the end of the system, by a crash or for want of power. The end
/// of the process alone loses nothing with either.
enum class durability : unsigned char {
    full,   ///< each commit waits for the disk (synchronous=FULL)
    normal  ///< the last commits before the end may be lost (synchronous=NORMAL): all rooms have a new epoch then
};

/// What an SQLite log keeps, and for how long. 0: without bound.
struct sqlite_settings {
    std::string path;
    roompp::durability durability = roompp::durability::full;
    std::uint64_t room_messages = 10'000;            ///< of one room, about
    std::uint64_t room_bytes = 64ULL * 1024 * 1024;  ///< of one room's messages
    std::uint64_t all_bytes = 0;                     ///< of the messages of all rooms; the oldest go first
    std::chrono::seconds message_age{0};             ///< messages that are older are deleted, within about a minute
    std::chrono::seconds key_age{300};               ///< for how long a key is recognised
    std::uint64_t room_keys = 10'000;                ///< of one room
};

namespace detail {

/// Where the messages of a room end.
struct stored_room {
    std::int64_t number = 0;  ///< in the database; 0: it is not there yet
    std::string epoch;
    std::uint64_t last_id = 0;
    std::uint64_t first_id = 1;  ///< of the messages that are kept; last_id + 1: none is
    std::uint64_t bytes = 0;     ///< of the messages that are kept
};

/// The tables, for one thread. Every function throws sqlite_error.
class sqlite_store {
public:
    /// Opens the database, makes the tables or brings them up to date, and takes the file for this process.
    /// @throws sqlite_error or std::runtime_error that says what is wrong with the file, and what to do.
    explicit sqlite_store(sqlite_settings settings);
    ~sqlite_store();
    sqlite_store(const sqlite_store&) = delete;
    sqlite_store& operator=(const sqlite_store&) = delete;

    /// @returns the room; empty if nothing was ever stored for it.
    [[nodiscard]] std::optional<stored_room> find_room(std::string_view name);

    /// Whether it cannot be shown that nothing was lost since the database was used last: its file is an older or another one,
    /// or the system has ended with commits that were not on the disk. Then all rooms have got new epochs.
    [[nodiscard]] bool has_lost_continuity() const noexcept { return has_lost_continuity_; }

    /// Random bytes that were made with the database, 32 hexadecimal digits.
    [[nodiscard]] std::string secret();

    void begin();
    void commit();
    void roll_back() noexcept;

    /// Within a transaction: adds a room, and sets its number.
    void add_room(std::string_view name, stored_room& room);
    /// Within a transaction: adds the message after the last one; `room` is brought up to date.
    /// @param key empty: none.
    /// @param message whose number is one more than the last one's.
    void append(stored_room& room, const log_entry& message, std::string_view key,
                std::chrono::system_clock::time_point now);
    /// Within a transaction: writes where the room's messages end and deletes what it may not keep.
    void update(stored_room& room, std::chrono::system_clock::time_point now);
    /// The number of the message that had this key, if it is recognised still.
    [[nodiscard]] std::optional<std::uint64_t> find_key(const stored_room& room, std::string_view key,
                                                        std::chrono::system_clock::time_point now);
    /// Within a transaction: deletes messages and keys that are too old or too many, of all rooms; those that lose some are
    /// passed on, as they are then.
    void expire(std::chrono::system_clock::time_point now,
                const std::function<void(const std::string& name, const stored_room&)>& on_change);
    /// Within a transaction: deletes the room with everything in it. @returns whether it was there.
    bool forget_room(std::string_view name);
    /// Within a transaction: empties all messages of this person, and takes the person from them; their numbers stay.
    /// @returns how many messages.
    std::uint64_t forget_person(std::string_view person_id);

private:
    void lock_file();
    void check_continuity();
    void write_side_file(bool is_clean) const;
    void prepare_file();
    void migrate();
    [[nodiscard]] std::int64_t number_of(const person& sender);
    void delete_before(stored_room& room, std::uint64_t first_id);

    sqlite_settings settings_;
    int lock_ = -1;
    std::string generation_;  // of this use of the file
    bool has_lost_continuity_ = false;
    sqlite_database database_;
    struct statements;
    std::unique_ptr<statements> statements_;
    std::unordered_map<std::string, std::int64_t> people_;  // a cache of the table
};

/// The messages, for the thread that reads them.
class sqlite_reader {
public:
    explicit sqlite_reader(const std::string& path);

    /// Messages after a number, in order: at most so many, and no more bytes than that, but at least one if there is one.
    [[nodiscard]] std::vector<log_entry> read(std::int64_t room, std::uint64_t after, std::size_t max_count,
                                              std::size_t max_bytes);
    /// The latest messages, in order, within the same bounds.
    [[nodiscard]] std::vector<log_entry> read_latest(std::int64_t room, std::size_t max_count, std::size_t max_bytes);
    /// Passes on every message of a room, or of all if the name is empty, as a line of JSON without its end:
    /// `{"room":..,"epoch":..,"id":..,"at":ISO 8601,"sender":{"id":..,"name":..,"data":..}|null,"text":..}`, or with "hex" in
    /// place of "text" for a binary message.
    void export_lines(std::string_view room, const std::function<void(std::string_view line)>& write);

private:
    [[nodiscard]] std::vector<log_entry> read_rows(sqlite_statement& rows, std::size_t max_bytes);
    [[nodiscard]] std::shared_ptr<const person> person_of(std::int64_t number);

    sqlite_database database_;
    sqlite_statement read_, read_back_, person_;
    std::unordered_map<std::int64_t, std::shared_ptr<const person>> people_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/storage/impl/sqlite_store.ipp>
#endif
