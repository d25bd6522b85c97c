#pragma once

#include <roompp/roompp.hpp>

void add_rooms(roompp::server& server);
