# Finds websocketpp: target roompp::websocketpp. Set roomppWebsocketpp_INCLUDE_DIR to choose one.
# The target has a name of its own: websocketpp's own package fails if its target is there already.

find_path(roomppWebsocketpp_INCLUDE_DIR websocketpp/connection.hpp DOC "The folder that holds websocketpp/")
mark_as_advanced(roomppWebsocketpp_INCLUDE_DIR)

unset(roomppWebsocketpp_VERSION)
if(roomppWebsocketpp_INCLUDE_DIR AND EXISTS "${roomppWebsocketpp_INCLUDE_DIR}/websocketpp/version.hpp")
    foreach(part IN ITEMS major minor patch)
        file(STRINGS "${roomppWebsocketpp_INCLUDE_DIR}/websocketpp/version.hpp" line REGEX "const ${part}_version = [0-9]+")
        string(REGEX REPLACE ".* = ([0-9]+).*" "\\1" line "${line}")
        list(APPEND roomppWebsocketpp_VERSION "${line}")
    endforeach()
    list(JOIN roomppWebsocketpp_VERSION "." roomppWebsocketpp_VERSION)
    unset(line)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(roomppWebsocketpp
    REQUIRED_VARS roomppWebsocketpp_INCLUDE_DIR VERSION_VAR roomppWebsocketpp_VERSION
    REASON_FAILURE_MESSAGE "install libwebsocketpp-dev (Debian, Ubuntu), websocketpp (Homebrew) or websocketpp (vcpkg)")

if(roomppWebsocketpp_FOUND AND NOT TARGET roompp::websocketpp)
    add_library(roompp::websocketpp INTERFACE IMPORTED)
    set_target_properties(roompp::websocketpp PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${roomppWebsocketpp_INCLUDE_DIR}")
endif()
