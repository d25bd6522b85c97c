#pragma once
// Definitions of <roompp/storage/sqlite_database.hpp>.

#include <string>

#include <roompp/storage/sqlite_database.hpp>

#include <sqlite3.h>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

[[noreturn]] ROOMPP_DECL void throw_sqlite_error(sqlite3* database, int code, const std::string& subject) {
    const char* const reason = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
    constexpr int primary = 0xff;  // of an extended result code
    throw sqlite_error(code & primary, "roompp: " + subject + ": " + reason);
}

ROOMPP_DECL void sqlite_statement::finalizer::operator()(sqlite3_stmt* statement) const noexcept {
    (void)sqlite3_finalize(statement);
}

ROOMPP_DECL sqlite_statement::sqlite_statement(sqlite3& database, std::string_view sql) : database_(&database) {
    sqlite3_stmt* statement = nullptr;
    expect_ok(sqlite3_prepare_v3(&database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                 &statement, nullptr));
    statement_.reset(statement);
}

ROOMPP_DECL void sqlite_statement::expect_ok(int code) const {
    if (code != SQLITE_OK) throw_sqlite_error(database_, code, "the database of messages");
}

ROOMPP_DECL sqlite_statement& sqlite_statement::bind(int index, std::int64_t value) {
    expect_ok(sqlite3_bind_int64(statement_.get(), index, value));
    return *this;
}
ROOMPP_DECL sqlite_statement& sqlite_statement::bind_text(int index, std::string_view text) {
    const char* const data = text.data() ? text.data() : "";  // a null pointer would be NULL
    expect_ok(sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}
ROOMPP_DECL sqlite_statement& sqlite_statement::bind_bytes(int index, std::string_view bytes) {
    const char* const data = bytes.data() ? bytes.data() : "";
    expect_ok(sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC));
    return *this;
}
ROOMPP_DECL sqlite_statement& sqlite_statement::bind_null(int index) {
    expect_ok(sqlite3_bind_null(statement_.get(), index));
    return *this;
}

ROOMPP_DECL bool sqlite_statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        reset();
        return false;
    }
    // The text belongs to this step, not to the reset.
    const sqlite_error error = [&] {
        try {
            expect_ok(code);
        } catch (const sqlite_error& e) {
            return e;
        }
        return sqlite_error(code, "roompp: the database of messages");
    }();
    reset();
    throw error;
}

ROOMPP_DECL void sqlite_statement::run() {
    while (step()) {}
}

ROOMPP_DECL void sqlite_statement::reset() noexcept {
    (void)sqlite3_reset(statement_.get());  // says again what the last step said
    (void)sqlite3_clear_bindings(statement_.get());
}

ROOMPP_DECL std::int64_t sqlite_statement::number(int column) const noexcept {
    return sqlite3_column_int64(statement_.get(), column);
}
ROOMPP_DECL std::string_view sqlite_statement::bytes(int column) const {
    const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    const int size = sqlite3_column_bytes(statement_.get(), column);
    if (!data) return {};
    return {data, static_cast<std::size_t>(size)};
}
ROOMPP_DECL bool sqlite_statement::is_null(int column) const noexcept {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

ROOMPP_DECL sqlite_database::sqlite_database(const std::string& path, access mode) {
    sqlite3* database = nullptr;
    const int flags = mode == access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const int code =
        sqlite3_open_v2(path.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    database_.reset(database);
    if (code != SQLITE_OK) throw_sqlite_error(database, code, "cannot open the database '" + path + "'");
}

ROOMPP_DECL void sqlite_database::closer::operator()(sqlite3* database) const noexcept {
    (void)sqlite3_close_v2(database);
}

ROOMPP_DECL void sqlite_database::execute(const std::string& sql) {
    const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) throw_sqlite_error(database_.get(), code, "the database of messages");
}

ROOMPP_DECL sqlite_statement sqlite_database::prepare(std::string_view sql) { return {*database_, sql}; }

ROOMPP_DECL std::optional<std::int64_t> sqlite_database::find_number(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement.step()) return std::nullopt;
    return statement.number(0);
}

ROOMPP_DECL std::int64_t sqlite_database::changes() const noexcept { return sqlite3_changes64(database_.get()); }

ROOMPP_DECL void sqlite_database::roll_back() noexcept {
    if (sqlite3_get_autocommit(database_.get()) == 0)
        (void)sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace detail
ROOMPP_NAMESPACE_END
