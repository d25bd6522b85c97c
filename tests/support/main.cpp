// Catch2 3 brings a main of its own (link Catch2WithMain); version 2 makes it here.

#if !__has_include(<catch2/catch_test_macros.hpp>)
#define CATCH_CONFIG_MAIN
#endif
#include "catch.hpp"
