#pragma once
// The definitions of the headers that use nlohmann/json: json.hpp, v1.hpp, http_rooms.hpp and typed.hpp.
//
// For the state of declarations only, see config.hpp: include it in one file of a program, or link roompp::compiled_json.

#include <roompp/config.hpp>

#if ROOMPP_HEADER_ONLY
#error "roompp: roompp/src_json.hpp is for programs that define ROOMPP_SEPARATE_COMPILATION, in all of their files"
#endif

#include <roompp/protocols/impl/django_channels.ipp>
#include <roompp/protocols/impl/json.ipp>
#include <roompp/protocols/impl/json_numbers.ipp>
#include <roompp/protocols/impl/v1.ipp>
#include <roompp/protocols/impl/v1_commands.ipp>
#include <roompp/protocols/impl/v1_frames.ipp>
#include <roompp/protocols/impl/v1_identity.ipp>
#include <roompp/transports/impl/client_request.ipp>
#include <roompp/transports/impl/closing_frame.ipp>
#include <roompp/transports/impl/encodings.ipp>
#include <roompp/transports/impl/event_endpoint.ipp>
#include <roompp/transports/impl/event_stream.ipp>
#include <roompp/transports/impl/http_member.ipp>
#include <roompp/transports/impl/http_rooms.ipp>
#include <roompp/transports/impl/http_rooms_state.ipp>
#include <roompp/transports/impl/poll_connection.ipp>
#include <roompp/transports/impl/poll_endpoint.ipp>
#include <roompp/transports/impl/post_endpoint.ipp>
#include <roompp/transports/impl/post_reply.ipp>
