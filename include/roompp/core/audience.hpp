#pragma once
// Moved to <roompp/rooms/audience.hpp>. This path goes with 0.3.

#include <roompp/rooms/audience.hpp>
