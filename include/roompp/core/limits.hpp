#pragma once
// Moved to <roompp/base/limits.hpp>. This path goes with 0.3.

#include <roompp/base/limits.hpp>
