#pragma once
// Moved to <roompp/rooms/batch.hpp>. This path goes with 0.3.

#include <roompp/rooms/batch.hpp>
