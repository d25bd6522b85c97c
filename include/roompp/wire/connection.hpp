#pragma once
// Moved to <roompp/net/connection.hpp>. This path goes with 0.3.

#include <roompp/net/connection.hpp>
