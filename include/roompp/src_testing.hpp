#pragma once
// The definitions of testing.hpp.
//
// For the state of declarations only, see config.hpp: include it in one file of a program, or link nothing else for them.

#include <roompp/config.hpp>

#if ROOMPP_HEADER_ONLY
#error "roompp: roompp/src_testing.hpp is for programs that define ROOMPP_SEPARATE_COMPILATION, in all of their files"
#endif

#include <roompp/testing/impl/client.ipp>
#include <roompp/testing/impl/client_endpoint.ipp>
#include <roompp/testing/impl/conversation.ipp>
#include <roompp/testing/impl/event_reader.ipp>
#include <roompp/testing/impl/expectations.ipp>
#include <roompp/testing/impl/explore.ipp>
#include <roompp/testing/impl/http_client.ipp>
#include <roompp/testing/impl/http_reply.ipp>
#include <roompp/testing/impl/manual_loop.ipp>
#include <roompp/testing/impl/memory_link.ipp>
#include <roompp/testing/impl/readable.ipp>
#include <roompp/testing/impl/simulation.ipp>
#include <roompp/testing/impl/world.ipp>
#include <roompp/websocket/impl/client_frame.ipp>
