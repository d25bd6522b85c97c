#pragma once
// Moved to <roompp/rooms/rooms.hpp>. This path goes with 0.3.

#include <roompp/rooms/rooms.hpp>
