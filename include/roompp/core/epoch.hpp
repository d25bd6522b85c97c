#pragma once
// Moved to <roompp/rooms/epoch.hpp>. This path goes with 0.3.

#include <roompp/rooms/epoch.hpp>
