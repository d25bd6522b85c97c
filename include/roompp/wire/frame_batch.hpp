#pragma once
// Moved to <roompp/net/frame_batch.hpp>. This path goes with 0.3.

#include <roompp/net/frame_batch.hpp>
