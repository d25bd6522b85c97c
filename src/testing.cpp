// The definitions of the test harness, for the library roompp::compiled_testing.
#include <roompp/src_testing.hpp>
