#pragma once
// Moved to <roompp/transports/poll_connection.hpp>. This path goes with 0.3.

#include <roompp/transports/poll_connection.hpp>
