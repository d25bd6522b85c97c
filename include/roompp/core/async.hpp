#pragma once
// Moved to <roompp/base/async_handler.hpp>. This path goes with 0.3.

#include <roompp/base/async_handler.hpp>
