#pragma once
// Moved to <roompp/server/websocket_route.hpp>. This path goes with 0.3.

#include <roompp/server/websocket_route.hpp>
