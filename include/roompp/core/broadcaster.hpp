#pragma once
// Moved to <roompp/rooms/broadcaster.hpp>. This path goes with 0.3.

#include <roompp/rooms/broadcaster.hpp>
