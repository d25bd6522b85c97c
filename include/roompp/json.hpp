#pragma once
// Add-on: bounded reading of JSON. Uses nlohmann/json; not part of the umbrella header.

#include <roompp/protocols/json.hpp>
