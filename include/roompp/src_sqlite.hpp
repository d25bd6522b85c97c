#pragma once
// The definitions of sqlite.hpp, which use SQLite 3.
//
// For the state of declarations only, see config.hpp: include it in one file of a program, or link roompp::compiled_sqlite.

#include <roompp/config.hpp>

#if ROOMPP_HEADER_ONLY
#error "roompp: roompp/src_sqlite.hpp is for programs that define ROOMPP_SEPARATE_COMPILATION, in all of their files"
#endif

#include <roompp/storage/impl/sqlite_database.ipp>
#include <roompp/storage/impl/sqlite_engine.ipp>
#include <roompp/storage/impl/sqlite_log.ipp>
#include <roompp/storage/impl/sqlite_store.ipp>
