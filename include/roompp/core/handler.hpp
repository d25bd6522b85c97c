#pragma once
// Moved to <roompp/base/handler.hpp>. This path goes with 0.3.

#include <roompp/base/handler.hpp>
