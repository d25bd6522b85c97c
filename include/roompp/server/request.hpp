#pragma once
// Moved to <roompp/http/request.hpp>. This path goes with 0.3.

#include <roompp/http/request.hpp>
