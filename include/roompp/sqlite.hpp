#pragma once
// Add-on: rooms that outlive a restart, `rooms.log(roompp::sqlite_log("chat.db"))`, for rooms with the policy logged. Its
// definitions use SQLite 3.35 or later (link with -lsqlite3); not part of the umbrella header.

#include <roompp/storage/sqlite_log.hpp>
