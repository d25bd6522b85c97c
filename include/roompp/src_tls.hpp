#pragma once
// The definitions of tls.hpp, which use OpenSSL 3.
//
// For the state of declarations only, see config.hpp: include it in one file of a program, or link roompp::compiled_tls.

#include <roompp/config.hpp>

#if ROOMPP_HEADER_ONLY
#error "roompp: roompp/src_tls.hpp is for programs that define ROOMPP_SEPARATE_COMPILATION, in all of their files"
#endif

#include <roompp/net/impl/tls_context.ipp>
#include <roompp/net/impl/tls_stream.ipp>
#include <roompp/server/impl/tls.ipp>
#include <roompp/server/impl/tls_handshake.ipp>
