#pragma once
// Add-on: roompp.v1, the protocol of rooms with acknowledgements, history and presence. Uses nlohmann/json; not part of the umbrella
// header.

#include <roompp/protocols/v1.hpp>
