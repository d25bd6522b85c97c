#pragma once
// The version, and how the library is compiled.

/// The version, as three numbers and as text. CMake, Meson and the single headers read it here.
#define ROOMPP_VERSION_MAJOR 0
#define ROOMPP_VERSION_MINOR 2
#define ROOMPP_VERSION_PATCH 0
#define ROOMPP_VERSION "0.2.0"

// Everything of the library is in an inline namespace that names the version and the state of compilation, so that
// files of two versions or states do not link with each other.
#define ROOMPP_ABI v0_2_header_only

#define ROOMPP_NAMESPACE_BEGIN \
    namespace roompp {         \
    inline namespace ROOMPP_ABI {
#define ROOMPP_NAMESPACE_END \
    }                        \
    }
