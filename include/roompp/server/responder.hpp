#pragma once
// Moved to <roompp/http/responder.hpp>. This path goes with 0.3.

#include <roompp/http/responder.hpp>
