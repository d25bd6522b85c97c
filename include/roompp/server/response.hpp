#pragma once
// Moved to <roompp/http/response.hpp>. This path goes with 0.3.

#include <roompp/http/response.hpp>
