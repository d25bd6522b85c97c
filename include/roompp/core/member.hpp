#pragma once
// Moved to <roompp/rooms/member.hpp>. This path goes with 0.3.

#include <roompp/rooms/member.hpp>
