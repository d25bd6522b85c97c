#pragma once
// Moved to <roompp/protocols/raw.hpp>. This path goes with 0.3.

#include <roompp/protocols/raw.hpp>
