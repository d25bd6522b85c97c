// The definitions of roompp.hpp, for the library roompp::compiled.
#include <roompp/src.hpp>
