#pragma once
// Moved to <roompp/rooms/history.hpp>. This path goes with 0.3.

#include <roompp/rooms/history.hpp>
