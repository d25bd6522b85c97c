#pragma once
// Moved to <roompp/websocket/websocket_handler.hpp>. This path goes with 0.3.

#include <roompp/websocket/websocket_handler.hpp>
