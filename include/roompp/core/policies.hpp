#pragma once
// Moved to <roompp/rooms/policies.hpp>. This path goes with 0.3.

#include <roompp/rooms/policies.hpp>
