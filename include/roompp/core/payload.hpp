#pragma once
// Moved to <roompp/base/payload.hpp>. This path goes with 0.3.

#include <roompp/base/payload.hpp>
