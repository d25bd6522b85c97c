#pragma once
// Moved to <roompp/http/url.hpp>. This path goes with 0.3.

#include <roompp/http/url.hpp>
