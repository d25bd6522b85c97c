#pragma once
// roompp: rooms and broadcasters on websocketpp and standalone Asio.
//
// One include for everything but the add-ons. Asio must be the standalone one: define ASIO_STANDALONE, or let the
// package's build files do it.

#include <roompp/core/broadcaster.hpp>
#include <roompp/core/rooms.hpp>
#include <roompp/server/event_stream.hpp>
#include <roompp/server/poll_connection.hpp>
#include <roompp/server/server.hpp>
