#pragma once
// Moved to <roompp/rooms/member_concept.hpp>. This path goes with 0.3.

#include <roompp/rooms/member_concept.hpp>
