#pragma once
// A connection to an SQLite database, and its statements, as owning values that report errors as exceptions.

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <roompp/config.hpp>

struct sqlite3;
struct sqlite3_stmt;

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// What SQLite could not do.
class sqlite_error : public std::runtime_error {
public:
    sqlite_error(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
    /// The primary result code, such as SQLITE_FULL.
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    int code_;
};

/// A prepared statement. Belongs to the thread that uses its database.
class sqlite_statement {
public:
    /// Sets a parameter, from 1. Text and bytes must outlive the next step().
    sqlite_statement& bind(int index, std::int64_t value);
    sqlite_statement& bind_text(int index, std::string_view text);
    sqlite_statement& bind_bytes(int index, std::string_view bytes);
    sqlite_statement& bind_null(int index);

    /// Goes on to the next row. @returns false at the end, after which the statement may be used again; its parameters are
    /// null then. @throws sqlite_error.
    bool step();
    /// Runs a statement that has no rows. @throws sqlite_error.
    void run();
    /// Ends the statement before its last row.
    void reset() noexcept;

    /// A column of the present row, from 0; views are valid until the next step().
    [[nodiscard]] std::int64_t number(int column) const noexcept;
    [[nodiscard]] std::string_view bytes(int column) const;
    [[nodiscard]] bool is_null(int column) const noexcept;

private:
    friend class sqlite_database;
    struct finalizer {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    sqlite_statement(sqlite3& database, std::string_view sql);
    void expect_ok(int code) const;

    sqlite3* database_;
    std::unique_ptr<sqlite3_stmt, finalizer> statement_;
};

/// A connection to a database file. Belongs to one thread at a time.
class sqlite_database {
public:
    enum class access { read_write, read_only };

    /// Opens the file; for writing, it is made if need be. @throws sqlite_error that says which file, and what is wrong.
    sqlite_database(const std::string& path, access mode);

    /// Runs statements that have no parameters; rows are ignored. @throws sqlite_error.
    void execute(const std::string& sql);
    /// @throws sqlite_error.
    [[nodiscard]] sqlite_statement prepare(std::string_view sql);
    /// The first column of the first row as a number; empty if there is no row. @throws sqlite_error.
    [[nodiscard]] std::optional<std::int64_t> find_number(std::string_view sql);
    /// The number of rows that the last statement changed.
    [[nodiscard]] std::int64_t changes() const noexcept;
    /// Ends a transaction without its changes, if there is one.
    void roll_back() noexcept;

private:
    struct closer {
        void operator()(sqlite3* database) const noexcept;
    };
    std::unique_ptr<sqlite3, closer> database_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/storage/impl/sqlite_database.ipp>
#endif
