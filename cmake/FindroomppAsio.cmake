# Finds standalone Asio: target roompp::asio, and roomppAsio_VERSION. Set roomppAsio_INCLUDE_DIR to choose one.
# The target has a name of its own, so that it is in nobody's way.

find_path(roomppAsio_INCLUDE_DIR asio.hpp DOC "The folder that holds asio.hpp")
mark_as_advanced(roomppAsio_INCLUDE_DIR)

unset(roomppAsio_VERSION)
if(roomppAsio_INCLUDE_DIR AND EXISTS "${roomppAsio_INCLUDE_DIR}/asio/version.hpp")
    # 103002 is 1.30.2
    file(STRINGS "${roomppAsio_INCLUDE_DIR}/asio/version.hpp" line REGEX "^#define ASIO_VERSION [0-9]+")
    string(REGEX REPLACE "^#define ASIO_VERSION ([0-9]+)([0-9][0-9][0-9])([0-9][0-9]).*" "\\1.\\2.\\3" line "${line}")
    string(REGEX REPLACE "\\.0+([0-9])" ".\\1" roomppAsio_VERSION "${line}")
    unset(line)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(roomppAsio
    REQUIRED_VARS roomppAsio_INCLUDE_DIR VERSION_VAR roomppAsio_VERSION
    REASON_FAILURE_MESSAGE "install libasio-dev (Debian, Ubuntu), asio (Homebrew) or asio (vcpkg)")

if(roomppAsio_FOUND AND NOT TARGET roompp::asio)
    add_library(roompp::asio INTERFACE IMPORTED)
    set_target_properties(roompp::asio PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${roomppAsio_INCLUDE_DIR}"
        INTERFACE_COMPILE_DEFINITIONS ASIO_STANDALONE)
endif()
