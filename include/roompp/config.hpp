#pragma once
// The version, and how the library is compiled.
//
// - By default every header brings its definitions: nothing to link.
// - With ROOMPP_SEPARATE_COMPILATION the headers only declare what need not be a template. Define it for the whole program,
//   and link the CMake target roompp::compiled, or compile one file that includes <roompp/src.hpp>; with the single headers,
//   define ROOMPP_IMPLEMENTATION before including them in one file.

/// The version, as numbers and as text. CMake, Meson and the single headers read it here.
#define ROOMPP_VERSION_MAJOR 0
#define ROOMPP_VERSION_MINOR 2
#define ROOMPP_VERSION_PATCH 0
#define ROOMPP_VERSION "0.2.0"

#if defined(__GNUC__) && !defined(__cpp_exceptions)
#error "roompp needs exceptions: compile without -fno-exceptions"
#elif defined(_MSC_VER) && !defined(_CPPUNWIND)
#error "roompp needs exceptions: compile with /EHsc"
#endif

// ROOMPP_DECL stands before every definition in an .ipp file. Everything is in an inline namespace that names the version and
// the state of compilation, so that files of two versions or states do not link with each other.
#ifdef ROOMPP_SEPARATE_COMPILATION
#define ROOMPP_HEADER_ONLY 0
#define ROOMPP_DECL
#define ROOMPP_ABI v0_2_separate
#else
#define ROOMPP_HEADER_ONLY 1
#define ROOMPP_DECL inline
#define ROOMPP_ABI v0_2_header_only
#endif

#define ROOMPP_NAMESPACE_BEGIN \
    namespace roompp {         \
    inline namespace ROOMPP_ABI {
#define ROOMPP_NAMESPACE_END \
    }                        \
    }
