#pragma once
// Moved to <roompp/base/close.hpp>. This path goes with 0.3.

#include <roompp/base/close.hpp>
