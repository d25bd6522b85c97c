#pragma once
// Moved to <roompp/base/loop.hpp>. This path goes with 0.3.

#include <roompp/base/loop.hpp>
