# What the checks in this folder share; they source it. ctest gives them:
#   CXX              the compiler
#   INCLUDE_OPTIONS  compiler options that find Asio and websocketpp
#   SCRATCH          a folder of the test's own

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

: "${CXX:=g++}" "${INCLUDE_OPTIONS:=}"
SCRATCH=${SCRATCH:-build/scratch/$(basename "$0")}
read -r -a include_options <<<"$INCLUDE_OPTIONS"
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)

# need PROGRAM PACKAGE: ends the test if the program is missing.
need() {
    if ! command -v "$1" >/dev/null; then
        echo "no program '$1': install the package $2, or let tests/run do it" >&2
        exit 1
    fi
}

# Ccache if it is there, in front of a compiler.
ccache=()
if command -v ccache >/dev/null; then ccache=(ccache); fi
