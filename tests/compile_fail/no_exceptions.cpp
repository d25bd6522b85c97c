// expect: roompp needs exceptions: compile without -fno-exceptions
// options: -fno-exceptions
#include <roompp/rooms/rooms.hpp>
