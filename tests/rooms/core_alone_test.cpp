#include "support/catch.hpp"

int core_alone();

TEST_CASE("The core works without a network library", "[core]") { CHECK(core_alone() == 1); }
