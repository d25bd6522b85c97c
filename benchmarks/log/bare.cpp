// What the disk and SQLite allow: inserts as those of a log, `count` in each transaction, and nothing else.
//   bare DATABASE full|normal COUNT SECONDS    prints messages a second
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

void run(sqlite3* database, const std::string& sql) {
    if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
    std::fprintf(stderr, "bare: %s\n", sqlite3_errmsg(database));
    std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: bare DATABASE full|normal COUNT SECONDS\n");
        return 2;
    }
    const int count = std::atoi(argv[3]);
    const auto length = std::chrono::duration<double>(std::atof(argv[4]));
    sqlite3* database = nullptr;
    if (sqlite3_open(argv[1], &database) != SQLITE_OK) return 1;
    run(database, "PRAGMA journal_mode = WAL");
    run(database, std::string("PRAGMA synchronous = ") + argv[2]);
    run(database,
        "CREATE TABLE messages (room INTEGER, id INTEGER, at INTEGER, sender INTEGER, is_binary INTEGER, bytes BLOB,"
        " PRIMARY KEY (room, id)) WITHOUT ROWID");
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(database, "INSERT INTO messages VALUES (1, ?, 1, NULL, 0, ?)", -1, &insert, nullptr);
    const std::string text(64, 'x');
    std::int64_t id = 0;
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < length) {
        run(database, "BEGIN IMMEDIATE");
        for (int i = 0; i < count; ++i) {
            sqlite3_bind_int64(insert, 1, ++id);
            sqlite3_bind_blob(insert, 2, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
            if (sqlite3_step(insert) != SQLITE_DONE) return 1;
            sqlite3_reset(insert);
        }
        run(database, "COMMIT");
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::printf("%.0f\n", static_cast<double>(id) / taken.count());
    sqlite3_finalize(insert);
    sqlite3_close(database);
}
