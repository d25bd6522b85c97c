#pragma once
// Definitions of <roompp/storage/sqlite_store.hpp>.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

#include <roompp/base/text.hpp>
#include <roompp/storage/sqlite_store.hpp>

#include <sqlite3.h>

#if __has_include(<sys/file.h>) && !defined(_WIN32)
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#define ROOMPP_HAS_FILE_LOCK 1
#else
#define ROOMPP_HAS_FILE_LOCK 0
#endif

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// In the header of the file, where tools such as file(1) find it: "room".
constexpr std::int64_t sqlite_application_id = 0x726f6f6d;
constexpr std::int64_t sqlite_schema_version = 1;
// For another program's lock to go away.
constexpr int sqlite_busy_milliseconds = 2000;
constexpr std::size_t max_cached_people = 10'000;

// A person of a message is a row of its own, as most say more than one thing. A message that was said under a key has a row in
// keys for as long as the key is recognised.
constexpr const char* sqlite_schema_1 = R"(
    CREATE TABLE rooms (
        room INTEGER PRIMARY KEY AUTOINCREMENT,  -- never one that a forgotten room had
        name TEXT NOT NULL UNIQUE,
        epoch TEXT NOT NULL,
        last_id INTEGER NOT NULL,
        first_id INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    );
    CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE people (
        person INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        data TEXT NOT NULL,
        UNIQUE (id, name, data)
    );
    CREATE TABLE messages (
        room INTEGER NOT NULL,
        id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        sender INTEGER,
        is_binary INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (room, id)
    ) WITHOUT ROWID;
    CREATE TABLE keys (
        room INTEGER NOT NULL,
        key TEXT NOT NULL,
        id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (room, key)
    ) WITHOUT ROWID;
    INSERT INTO settings (name, value) VALUES ('secret', lower(hex(randomblob(16))));
    CREATE INDEX keys_by_id ON keys (room, id);
)";

inline std::int64_t milliseconds_of(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
inline std::chrono::system_clock::time_point time_of(std::int64_t milliseconds) {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::milliseconds(milliseconds)));
}
// SQLite's integers have a sign; marks use all bits.
inline std::int64_t to_column(std::uint64_t number) noexcept { return static_cast<std::int64_t>(number); }
inline std::uint64_t from_column(std::int64_t number) noexcept { return static_cast<std::uint64_t>(number); }

struct sqlite_store::statements {
    explicit statements(sqlite_database& database)
        : begin(database.prepare("BEGIN IMMEDIATE")),
          commit(database.prepare("COMMIT")),
          find_room(database.prepare("SELECT room, epoch, last_id, first_id, bytes FROM rooms WHERE name = ?")),
          add_room(database.prepare("INSERT INTO rooms (name, epoch, last_id, first_id, bytes)"
                                    " VALUES (?, ?, 0, 1, 0) RETURNING room")),
          update_room(database.prepare("UPDATE rooms SET last_id = ?, first_id = ?, bytes = ? WHERE room = ?")),
          append(database.prepare("INSERT INTO messages (room, id, at, sender, is_binary, bytes)"
                                  " VALUES (?, ?, ?, ?, ?, ?)")),
          add_key(database.prepare("INSERT OR REPLACE INTO keys (room, key, id, at) VALUES (?, ?, ?, ?)")),
          find_key(database.prepare("SELECT id FROM keys WHERE room = ? AND key = ? AND at >= ? AND id > ?")),
          add_person(database.prepare("INSERT INTO people (id, name, data) VALUES (?, ?, ?)"
                                      " ON CONFLICT DO UPDATE SET id = id RETURNING person")),
          size_before(database.prepare("SELECT sum(length(bytes)) FROM messages WHERE room = ? AND id < ?")),
          delete_before(database.prepare("DELETE FROM messages WHERE room = ? AND id < ?")),
          first_sizes(database.prepare("SELECT id, length(bytes), at FROM messages WHERE room = ? ORDER BY id")) {}

    sqlite_statement begin, commit, find_room, add_room, update_room, append, add_key, find_key, add_person,
        size_before, delete_before, first_sizes;
};

ROOMPP_DECL sqlite_store::sqlite_store(sqlite_settings settings)
    : settings_(std::move(settings)), database_(settings_.path, sqlite_database::access::read_write) {
    lock_file();
    try {
        prepare_file();
        check_continuity();
        statements_ = std::make_unique<statements>(database_);
    } catch (const sqlite_error& e) {
        throw sqlite_error(e.code(), "roompp: the database '" + settings_.path + "' cannot be used: " + e.what());
    }
}

ROOMPP_DECL sqlite_store::~sqlite_store() {
    try {
        database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");  // synced, whatever the durability is
        write_side_file(true);
    } catch (const std::exception&) {
        // As if the process had been killed.
    }
#if ROOMPP_HAS_FILE_LOCK
    if (lock_ != -1) (void)::close(lock_);
#endif
}

// Two servers with one file would not hear each other.
ROOMPP_DECL void sqlite_store::lock_file() {
#if ROOMPP_HAS_FILE_LOCK
    const std::string name = settings_.path + "-server";
    lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock_ == -1)
        throw std::runtime_error("roompp: cannot make the file '" + name +
                                 "' beside the database: its folder must be writable");
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        (void)::close(lock_);
        lock_ = -1;
        throw std::runtime_error("roompp: the database '" + settings_.path +
                                 "' is in use by another server: stop that one, or give each a file of its own");
    }
#endif
}

// What names this run of the system; empty where that is not known.
[[nodiscard]] ROOMPP_DECL std::string boot_name() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string name;
    file >> name;
    return name;
}

// A file beside the database tells whether the database is the one that was used last: both have the same random name of
// that use. It has the system's run as well, which tells whether the last commits may be lost if they were not synced.
ROOMPP_DECL void sqlite_store::check_continuity() {
    auto find = database_.prepare("SELECT value FROM settings WHERE name = 'generation'");
    std::string last_generation;
    if (find.step()) last_generation = find.bytes(0);
    find.reset();
    std::string side_generation, side_boot, side_state;
    std::ifstream(settings_.path + "-server") >> side_generation >> side_boot >> side_state;
    const bool is_new = last_generation.empty() && side_generation.empty();
    const bool is_same = last_generation == side_generation;
    const bool is_synced = side_state == "clean" || side_state == "synced" || side_boot == boot_name();
    has_lost_continuity_ = !is_new && !(is_same && is_synced);

    generation_ = to_hex((std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}(), 16);
    database_.execute("BEGIN IMMEDIATE");
    try {
        if (has_lost_continuity_) database_.execute("UPDATE rooms SET epoch = lower(hex(randomblob(8)))");
        database_.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES ('generation', ?)")
            .bind_text(1, generation_)
            .run();
        database_.execute("COMMIT");
    } catch (...) {
        database_.roll_back();
        throw;
    }
    write_side_file(false);
}

ROOMPP_DECL void sqlite_store::write_side_file(bool is_clean) const {
    const std::string boot = boot_name();
    const char* const state = is_clean ? "clean" : settings_.durability == durability::full ? "synced" : "unsynced";
    std::ofstream file(settings_.path + "-server", std::ios::trunc);
    file << generation_ << ' ' << (boot.empty() ? "unknown" : boot) << ' ' << state << '\n';
    if (!file.flush()) throw std::runtime_error("roompp: cannot write the file '" + settings_.path + "-server'");
}

ROOMPP_DECL void sqlite_store::prepare_file() {
    database_.execute("PRAGMA busy_timeout = " + std::to_string(sqlite_busy_milliseconds));
    migrate();
    database_.execute("PRAGMA journal_mode = WAL");
    database_.execute(settings_.durability == durability::full ? "PRAGMA synchronous = FULL"
                                                               : "PRAGMA synchronous = NORMAL");
}

ROOMPP_DECL void sqlite_store::migrate() {
    const auto application = database_.find_number("PRAGMA application_id").value_or(0);
    const auto version = database_.find_number("PRAGMA user_version").value_or(0);
    const bool is_empty = database_.find_number("SELECT count(*) FROM sqlite_schema").value_or(0) == 0;
    if (!is_empty && application != sqlite_application_id)
        throw std::runtime_error("roompp: '" + settings_.path +
                                 "' is a database of another program: nothing was changed in it; name another file");
    if (version > sqlite_schema_version)
        throw std::runtime_error("roompp: the database '" + settings_.path + "' is of a newer version of roompp (" +
                                 std::to_string(version) + ", this one knows " + std::to_string(sqlite_schema_version) +
                                 "): nothing was changed in it; use that version, or name another file");
    if (version == sqlite_schema_version) return;
    database_.execute("BEGIN IMMEDIATE");
    try {
        database_.execute(sqlite_schema_1);
        database_.execute("PRAGMA application_id = " + std::to_string(sqlite_application_id));
        database_.execute("PRAGMA user_version = " + std::to_string(sqlite_schema_version));
        database_.execute("COMMIT");
    } catch (...) {
        database_.roll_back();
        throw;
    }
}

ROOMPP_DECL std::optional<stored_room> sqlite_store::find_room(std::string_view name) {
    sqlite_statement& find = statements_->find_room;
    if (!find.bind_text(1, name).step()) return std::nullopt;
    stored_room room;
    room.number = find.number(0);
    room.epoch = find.bytes(1);
    room.last_id = from_column(find.number(2));
    room.first_id = from_column(find.number(3));
    room.bytes = from_column(find.number(4));
    find.reset();
    return room;
}

ROOMPP_DECL std::string sqlite_store::secret() {
    auto find = database_.prepare("SELECT value FROM settings WHERE name = 'secret'");
    if (!find.step()) throw sqlite_error(SQLITE_CORRUPT, "roompp: the database has no secret");
    std::string bytes(find.bytes(0));
    find.reset();
    return bytes;
}

ROOMPP_DECL void sqlite_store::begin() { statements_->begin.run(); }
ROOMPP_DECL void sqlite_store::commit() { statements_->commit.run(); }
ROOMPP_DECL void sqlite_store::roll_back() noexcept {
    database_.roll_back();
    people_.clear();  // may be of what is undone
}

ROOMPP_DECL void sqlite_store::add_room(std::string_view name, stored_room& room) {
    sqlite_statement& add = statements_->add_room;
    (void)add.bind_text(1, name).bind_text(2, room.epoch).step();
    room.number = add.number(0);
    add.run();
}

ROOMPP_DECL std::int64_t sqlite_store::number_of(const person& sender) {
    // The lengths keep two persons apart whose parts joined are equal.
    std::string cache_key = std::to_string(sender.id.size()) + ':' + std::to_string(sender.name.size()) + ':';
    cache_key.append(sender.id).append(sender.name).append(sender.data);
    if (const auto found = people_.find(cache_key); found != people_.end()) return found->second;
    if (people_.size() >= max_cached_people) people_.clear();
    sqlite_statement& add = statements_->add_person;
    (void)add.bind_text(1, sender.id).bind_text(2, sender.name).bind_text(3, sender.data).step();
    const std::int64_t number = add.number(0);
    add.run();
    people_.emplace(std::move(cache_key), number);
    return number;
}

ROOMPP_DECL void sqlite_store::append(stored_room& room, const log_entry& message, std::string_view key,
                                      std::chrono::system_clock::time_point now) {
    sqlite_statement& append = statements_->append;
    append.bind(1, room.number).bind(2, to_column(message.id)).bind(3, milliseconds_of(message.at));
    if (message.sender)
        append.bind(4, number_of(*message.sender));
    else
        append.bind_null(4);
    append.bind(5, message.kind == payload_kind::binary ? 1 : 0).bind_bytes(6, message.bytes).run();
    if (!key.empty())
        statements_->add_key.bind(1, room.number)
            .bind_text(2, key)
            .bind(3, to_column(message.id))
            .bind(4, milliseconds_of(now))
            .run();
    room.last_id = message.id;
    room.bytes += message.bytes.size();
}

ROOMPP_DECL std::optional<std::uint64_t> sqlite_store::find_key(const stored_room& room, std::string_view key,
                                                                std::chrono::system_clock::time_point now) {
    if (room.number == 0) return std::nullopt;
    const std::int64_t since = settings_.key_age.count() == 0 ? (std::numeric_limits<std::int64_t>::min)()
                                                              : milliseconds_of(now - settings_.key_age);
    const std::uint64_t before =
        settings_.room_keys == 0 ? 0 : room.last_id - (std::min)(room.last_id, settings_.room_keys);
    sqlite_statement& find = statements_->find_key;
    if (!find.bind(1, room.number).bind_text(2, key).bind(3, since).bind(4, to_column(before)).step())
        return std::nullopt;
    const auto id = from_column(find.number(0));
    find.reset();
    return id;
}

ROOMPP_DECL void sqlite_store::delete_before(stored_room& room, std::uint64_t first_id) {
    if (first_id <= room.first_id) return;
    sqlite_statement& size = statements_->size_before;
    if (size.bind(1, room.number).bind(2, to_column(first_id)).step()) {
        room.bytes -= (std::min)(room.bytes, from_column(size.number(0)));
        size.reset();
    }
    statements_->delete_before.bind(1, room.number).bind(2, to_column(first_id)).run();
    room.first_id = first_id;
}

ROOMPP_DECL void sqlite_store::update(stored_room& room, std::chrono::system_clock::time_point now) {
    (void)now;
    // A tenth more than that, so that not every commit deletes.
    const std::uint64_t count = room.last_id + 1 - room.first_id;
    if (settings_.room_messages != 0 && count > settings_.room_messages + settings_.room_messages / 10)
        delete_before(room, room.last_id + 1 - settings_.room_messages);
    if (settings_.room_bytes != 0 && room.bytes > settings_.room_bytes) {
        const std::uint64_t target = settings_.room_bytes - settings_.room_bytes / 10;
        std::uint64_t left = room.bytes;
        std::uint64_t first_id = room.last_id + 1;
        sqlite_statement& sizes = statements_->first_sizes;
        sizes.bind(1, room.number);
        while (sizes.step()) {
            first_id = from_column(sizes.number(0));
            if (left <= target) break;
            left -= (std::min)(left, from_column(sizes.number(1)));
            first_id = first_id + 1;
        }
        sizes.reset();
        delete_before(room, first_id);
    }
    statements_->update_room.bind(1, to_column(room.last_id))
        .bind(2, to_column(room.first_id))
        .bind(3, to_column(room.bytes))
        .bind(4, room.number)
        .run();
}

ROOMPP_DECL void sqlite_store::expire(
    std::chrono::system_clock::time_point now,
    const std::function<void(const std::string& name, const stored_room&)>& on_change) {
    if (settings_.key_age.count() != 0)
        database_.prepare("DELETE FROM keys WHERE at < ?").bind(1, milliseconds_of(now - settings_.key_age)).run();
    if (settings_.room_keys != 0)
        database_.prepare("DELETE FROM keys WHERE id <= (SELECT last_id FROM rooms WHERE rooms.room = keys.room) - ?")
            .bind(1, to_column(settings_.room_keys))
            .run();

    struct named_room {
        std::string name;
        stored_room room;
        std::int64_t first_at = 0;
    };
    const bool is_bounded = settings_.message_age.count() != 0 || settings_.all_bytes != 0;
    if (!is_bounded) return;
    std::vector<named_room> rooms;
    std::uint64_t all_bytes = 0;
    auto list = database_.prepare(
        "SELECT name, room, epoch, last_id, first_id, bytes,"
        " (SELECT at FROM messages WHERE messages.room = rooms.room ORDER BY id LIMIT 1) FROM rooms");
    while (list.step()) {
        named_room found;
        found.name = list.bytes(0);
        found.room = {list.number(1), std::string(list.bytes(2)), from_column(list.number(3)),
                      from_column(list.number(4)), from_column(list.number(5))};
        found.first_at = list.is_null(6) ? (std::numeric_limits<std::int64_t>::max)() : list.number(6);
        all_bytes += found.room.bytes;
        rooms.push_back(std::move(found));
    }
    // The rooms with the oldest messages first.
    std::sort(rooms.begin(), rooms.end(),
              [](const named_room& a, const named_room& b) { return a.first_at < b.first_at; });
    const std::int64_t oldest_allowed = settings_.message_age.count() == 0
                                            ? (std::numeric_limits<std::int64_t>::min)()
                                            : milliseconds_of(now - settings_.message_age);
    for (named_room& old : rooms) {
        const bool is_too_much = settings_.all_bytes != 0 && all_bytes > settings_.all_bytes;
        if (old.first_at >= oldest_allowed && !is_too_much) break;
        std::uint64_t first_id = old.room.first_id;
        std::uint64_t excess = is_too_much ? all_bytes - settings_.all_bytes : 0;
        sqlite_statement& sizes = statements_->first_sizes;
        sizes.bind(1, old.room.number);
        while (sizes.step()) {
            if (sizes.number(2) >= oldest_allowed && excess == 0) break;
            const auto size = from_column(sizes.number(1));
            excess -= (std::min)(excess, size);
            all_bytes -= (std::min)(all_bytes, size);
            first_id = from_column(sizes.number(0)) + 1;
        }
        sizes.reset();
        if (first_id == old.room.first_id) continue;
        delete_before(old.room, first_id);
        update(old.room, now);
        on_change(old.name, old.room);
    }
}

ROOMPP_DECL bool sqlite_store::forget_room(std::string_view name) {
    const auto room = find_room(name);
    if (!room) return false;
    for (const char* const sql :
         {"DELETE FROM messages WHERE room = ?", "DELETE FROM keys WHERE room = ?", "DELETE FROM rooms WHERE room = ?"})
        database_.prepare(sql).bind(1, room->number).run();
    return true;
}

ROOMPP_DECL std::uint64_t sqlite_store::forget_person(std::string_view person_id) {
    if (person_id.empty()) return 0;  // connections that nobody has identified
    people_.clear();
    database_.execute("PRAGMA secure_delete = ON");
    auto update_sizes = database_.prepare(
        "UPDATE rooms SET bytes = bytes - gone FROM (SELECT room AS gone_room, sum(length(bytes)) AS gone FROM messages"
        " WHERE sender IN (SELECT person FROM people WHERE id = ?) GROUP BY room) WHERE room = gone_room");
    update_sizes.bind_text(1, person_id).run();
    database_
        .prepare(
            "UPDATE messages SET bytes = x'', is_binary = 0, sender = NULL"
            " WHERE sender IN (SELECT person FROM people WHERE id = ?)")
        .bind_text(1, person_id)
        .run();
    const auto count = database_.changes();
    database_.prepare("DELETE FROM people WHERE id = ?").bind_text(1, person_id).run();
    return static_cast<std::uint64_t>(count);
}

ROOMPP_DECL sqlite_reader::sqlite_reader(const std::string& path)
    : database_(path, sqlite_database::access::read_only),
      read_(database_.prepare("SELECT id, at, sender, is_binary, bytes FROM messages"
                              " WHERE room = ? AND id > ? ORDER BY id LIMIT ?")),
      read_back_(database_.prepare("SELECT id, at, sender, is_binary, bytes FROM messages"
                                   " WHERE room = ? ORDER BY id DESC LIMIT ?")),
      person_(database_.prepare("SELECT id, name, data FROM people WHERE person = ?")) {
    database_.execute("PRAGMA busy_timeout = " + std::to_string(sqlite_busy_milliseconds));
}

ROOMPP_DECL std::vector<log_entry> sqlite_reader::read(std::int64_t room, std::uint64_t after, std::size_t max_count,
                                                       std::size_t max_bytes) {
    read_.bind(1, room).bind(2, to_column(after)).bind(3, static_cast<std::int64_t>(max_count));
    return read_rows(read_, max_bytes);
}

ROOMPP_DECL std::vector<log_entry> sqlite_reader::read_latest(std::int64_t room, std::size_t max_count,
                                                              std::size_t max_bytes) {
    read_back_.bind(1, room).bind(2, static_cast<std::int64_t>(max_count));
    auto messages = read_rows(read_back_, max_bytes);
    std::reverse(messages.begin(), messages.end());
    return messages;
}

ROOMPP_DECL std::vector<log_entry> sqlite_reader::read_rows(sqlite_statement& rows, std::size_t max_bytes) {
    std::vector<log_entry> messages;
    std::size_t bytes = 0;
    while (rows.step()) {
        const std::string_view data = rows.bytes(4);
        if (!messages.empty() && bytes + data.size() > max_bytes) break;
        bytes += data.size();
        messages.push_back({from_column(rows.number(0)), time_of(rows.number(1)),
                            rows.is_null(2) ? nullptr : person_of(rows.number(2)),
                            rows.number(3) != 0 ? payload_kind::binary : payload_kind::text, std::string(data)});
    }
    rows.reset();
    return messages;
}

ROOMPP_DECL std::shared_ptr<const person> sqlite_reader::person_of(std::int64_t number) {
    if (const auto found = people_.find(number); found != people_.end()) return found->second;
    if (people_.size() >= max_cached_people) people_.clear();
    if (!person_.bind(1, number).step()) return nullptr;  // forgotten meanwhile
    auto known = std::make_shared<const person>(
        person{std::string(person_.bytes(0)), std::string(person_.bytes(1)), std::string(person_.bytes(2))});
    person_.reset();
    people_.emplace(number, known);
    return known;
}

ROOMPP_DECL void sqlite_reader::export_lines(std::string_view room,
                                             const std::function<void(std::string_view line)>& write) {
    auto lines = database_.prepare(
        "SELECT CASE is_binary WHEN 0 THEN"
        " json_object('room', rooms.name, 'epoch', epoch, 'id', messages.id,"
        "  'at', strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch'),"
        "  'sender', CASE WHEN person IS NULL THEN NULL"
        "   ELSE json_object('id', people.id, 'name', people.name, 'data', people.data) END,"
        "  'text', CAST(messages.bytes AS TEXT))"
        " ELSE json_object('room', rooms.name, 'epoch', epoch, 'id', messages.id,"
        "  'at', strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch'),"
        "  'sender', CASE WHEN person IS NULL THEN NULL"
        "   ELSE json_object('id', people.id, 'name', people.name, 'data', people.data) END,"
        "  'hex', lower(hex(messages.bytes))) END"
        " FROM messages JOIN rooms USING (room) LEFT JOIN people ON person = sender"
        " WHERE ?1 = '' OR rooms.name = ?1 ORDER BY rooms.name, messages.id");
    lines.bind_text(1, room);
    while (lines.step()) write(lines.bytes(0));
}

}  // namespace detail
ROOMPP_NAMESPACE_END
