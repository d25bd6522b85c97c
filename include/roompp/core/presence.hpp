#pragma once
// Moved to <roompp/rooms/presence.hpp>. This path goes with 0.3.

#include <roompp/rooms/presence.hpp>
