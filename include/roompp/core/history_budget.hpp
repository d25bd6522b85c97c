#pragma once
// Moved to <roompp/rooms/history_budget.hpp>. This path goes with 0.3.

#include <roompp/rooms/history_budget.hpp>
