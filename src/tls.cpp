// The definitions of tls.hpp, for the library roompp::compiled_tls.
#include <roompp/src_tls.hpp>
