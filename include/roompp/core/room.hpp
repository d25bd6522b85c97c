#pragma once
// Moved to <roompp/rooms/room.hpp>. This path goes with 0.3.

#include <roompp/rooms/room.hpp>
