#pragma once
// Moved to <roompp/base/turn.hpp>. This path goes with 0.3.

#include <roompp/base/turn.hpp>
