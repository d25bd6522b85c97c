#pragma once
// Moved to <roompp/base/rate_limiter.hpp>. This path goes with 0.3.

#include <roompp/base/rate_limiter.hpp>
