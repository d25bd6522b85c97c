#pragma once
// Moved to <roompp/transports/event_stream.hpp>. This path goes with 0.3.

#include <roompp/transports/event_stream.hpp>
