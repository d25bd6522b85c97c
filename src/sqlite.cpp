// The definitions of sqlite.hpp, for the library roompp::compiled_sqlite.
#include <roompp/src_sqlite.hpp>
