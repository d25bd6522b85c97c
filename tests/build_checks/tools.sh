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

# write_every_header FILE: a header that includes all of the library's, but the add-ons whose own libraries are missing, and
# the definitions for separate compilation.
write_every_header() {
    local header
    while read -r header; do
        case $header in
            */deflate.hpp) echo "#if __has_include(<zlib.h>)" ;;
            */io_uring.hpp) echo "#if __has_include(<liburing.h>)" ;;
            */tls*.hpp | */openssl*.hpp) echo "#if __has_include(<openssl/ssl.h>) && __has_include(<openssl/opensslconf.h>)" ;;
            */sqlite*.hpp) echo "#if __has_include(<sqlite3.h>)" ;;
            */testing_catch2.hpp) echo "#if __has_include(<catch2/catch.hpp>) || __has_include(<catch2/catch_tostring.hpp>)" ;;
            *) echo "#if 1" ;;
        esac
        printf '#include <%s>\n#endif\n' "${header#include/}"
    done < <(find include/roompp -name '*.hpp' ! -name 'src*.hpp' | sort) >"$1"
}

# compile LABEL COMMAND...: runs the compiler beside others, one for each core. finish_compiling waits for all of them,
# and ends the test if one has failed, having shown the first errors of each.
compile_jobs=0 compile_failures=$SCRATCH/failures
compile() {
    local label=$1
    shift
    if ((compile_jobs >= $(nproc))); then
        wait -n || true
        compile_jobs=$((compile_jobs - 1))
    fi
    compile_jobs=$((compile_jobs + 1))
    {
        local output
        if ! output=$("$@" 2>&1); then
            printf 'FAILED: %s\n%s\n%s\n\n' "$label" "$*" "$(head -n 40 <<<"$output")" >>"$compile_failures"
        else
            echo "compiles: $label"
        fi
    } &
}
finish_compiling() {
    wait
    if [[ -s $compile_failures ]]; then
        cat "$compile_failures" >&2
        exit 1
    fi
}
