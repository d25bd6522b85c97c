#pragma once
// Moved to <roompp/rooms/room_hooks.hpp>. This path goes with 0.3.

#include <roompp/rooms/room_hooks.hpp>
