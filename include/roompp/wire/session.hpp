#pragma once
// Moved to <roompp/net/session.hpp>. This path goes with 0.3.

#include <roompp/net/session.hpp>
