#pragma once
// Moved to <roompp/net/coroutine.hpp>. This path goes with 0.3.

#include <roompp/net/coroutine.hpp>
