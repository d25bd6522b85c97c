#pragma once
// Moved to <roompp/rooms/fan_out.hpp>. This path goes with 0.3.

#include <roompp/rooms/fan_out.hpp>
