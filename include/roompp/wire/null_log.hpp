#pragma once
// A websocketpp logger that writes nothing; this library reports through hooks.

#include <string>

#include <websocketpp/logger/levels.hpp>

namespace roompp::wire {

/// Takes the place of websocketpp's basic logger, which does not compile as C++20 (its constructors are template-ids).
struct null_log {
    static constexpr bool static_test(websocketpp::log::level) noexcept { return false; }
    static constexpr bool dynamic_test(websocketpp::log::level) noexcept { return false; }
    void write(websocketpp::log::level, const char*) const noexcept {}
    void write(websocketpp::log::level, const std::string&) const noexcept {}
};

}  // namespace roompp::wire
