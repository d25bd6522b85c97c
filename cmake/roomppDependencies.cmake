# Asio and websocketpp: the system's, or else a pinned version is fetched.

include(roomppFetch)

find_package(roomppAsio 1.22 QUIET MODULE)
if(NOT roomppAsio_FOUND)
    roompp_fetch(asio
        REPOSITORY https://github.com/chriskohlhoff/asio.git TAG asio-1-30-2
        PACKAGE "libasio-dev on Debian and Ubuntu, asio with Homebrew or vcpkg" RESULT asio_sources)
    set(roomppAsio_INCLUDE_DIR "${asio_sources}/asio/include" CACHE PATH "The folder that holds asio.hpp" FORCE)
    find_package(roomppAsio 1.22 REQUIRED MODULE)
endif()

find_package(roomppWebsocketpp 0.8.2 QUIET MODULE)
if(NOT roomppWebsocketpp_FOUND)
    roompp_fetch(websocketpp
        REPOSITORY https://github.com/zaphoyd/websocketpp.git TAG 0.8.2
        PACKAGE "libwebsocketpp-dev on Debian and Ubuntu, websocketpp with Homebrew or vcpkg" RESULT websocketpp_sources)
    set(roomppWebsocketpp_INCLUDE_DIR "${websocketpp_sources}" CACHE PATH "The folder that holds websocketpp/" FORCE)
    find_package(roomppWebsocketpp 0.8.2 REQUIRED MODULE)
endif()

find_package(Threads REQUIRED)
message(STATUS "Asio ${roomppAsio_VERSION} in ${roomppAsio_INCLUDE_DIR}, "
               "websocketpp ${roomppWebsocketpp_VERSION} in ${roomppWebsocketpp_INCLUDE_DIR}")
