#pragma once
// roompp: rooms and broadcasters on websocketpp and standalone Asio.
//
// One include for everything but the add-ons. Asio must be the standalone one: define ASIO_STANDALONE, or let the
// package's build files do it.

#include <roompp/rooms/broadcaster.hpp>
#include <roompp/rooms/memory_log.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/server.hpp>
