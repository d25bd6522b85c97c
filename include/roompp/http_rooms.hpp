#pragma once
// Add-on: rooms over plain HTTP: polling, long polling and event streams. Its definitions use nlohmann/json; not part of the
// umbrella header.

#include <roompp/transports/http_rooms.hpp>
