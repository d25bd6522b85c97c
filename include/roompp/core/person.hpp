#pragma once
// Moved to <roompp/rooms/person.hpp>. This path goes with 0.3.

#include <roompp/rooms/person.hpp>
