// The definitions of the headers that use nlohmann/json, for the library roompp::compiled.
#include <roompp/src_json.hpp>
