#pragma once
// How long tests wait for what should happen. They wait for states, so a generous bound costs time only when a test
// fails; what is too slow is for benchmarks to say.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

/// A bound, scaled by the environment's TEST_PATIENCE (for slow machines and sanitizers) and by how many programs share
/// a core at this moment. The same in patience.py and patience.mjs.
inline std::chrono::seconds patience(std::chrono::seconds bound = std::chrono::seconds(60)) {
    constexpr double max_load = 10;  // beyond it, a machine is broken rather than busy
    double load = 1;
    if (getloadavg(&load, 1) == 1) load /= std::max(1U, std::thread::hardware_concurrency());
    const char* const scale = std::getenv("TEST_PATIENCE");
    const double factor = (scale != nullptr && *scale != '\0' ? std::atof(scale) : 1) * std::clamp(load, 1.0, max_load);
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::duration<double>(bound) * factor);
}
