#pragma once
// A loop and members for testing a room or a policy without a server.

#include <roompp/testing/manual_loop.hpp>
#include <roompp/testing/recording_member.hpp>
