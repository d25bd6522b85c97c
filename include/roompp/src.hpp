#pragma once
// The definitions of roompp.hpp.
//
// For the state of declarations only, see config.hpp: include it in one file of a program, or link the CMake target roompp::compiled.

#include <roompp/config.hpp>

#if ROOMPP_HEADER_ONLY
#error "roompp: roompp/src.hpp is for programs that define ROOMPP_SEPARATE_COMPILATION, in all of their files"
#endif

#include <roompp/base/impl/async_handler.ipp>
#include <roompp/base/impl/loop.ipp>
#include <roompp/base/impl/rate_limiter.ipp>
#include <roompp/base/impl/sha1.ipp>
#include <roompp/base/impl/shown_text.ipp>
#include <roompp/base/impl/text.ipp>
#include <roompp/base/impl/turn.ipp>
#include <roompp/base/impl/utf8_text.ipp>
#include <roompp/base/impl/utf8_validator.ipp>
#include <roompp/http/impl/cookies.ipp>
#include <roompp/http/impl/cors.ipp>
#include <roompp/http/impl/entity_tags.ipp>
#include <roompp/http/impl/http_date.ipp>
#include <roompp/http/impl/mime_types.ipp>
#include <roompp/http/impl/request.ipp>
#include <roompp/http/impl/request_reader.ipp>
#include <roompp/http/impl/responder.ipp>
#include <roompp/http/impl/response.ipp>
#include <roompp/http/impl/response_writer.ipp>
#include <roompp/http/impl/router.ipp>
#include <roompp/http/impl/static_files.ipp>
#include <roompp/http/impl/url.ipp>
#include <roompp/net/impl/acceptor.ipp>
#include <roompp/net/impl/address_group.ipp>
#include <roompp/net/impl/connection.ipp>
#include <roompp/net/impl/connection_limiter.ipp>
#include <roompp/net/impl/frame_batch.ipp>
#include <roompp/net/impl/gathered_sends.ipp>
#include <roompp/net/impl/listener.ipp>
#include <roompp/net/impl/send_queue.ipp>
#include <roompp/net/impl/shard.ipp>
#include <roompp/net/impl/tcp_stream.ipp>
#include <roompp/server/impl/connection_fan_out.ipp>
#include <roompp/server/impl/listeners.ipp>
#include <roompp/server/impl/loop_group.ipp>
#include <roompp/server/impl/routing_table.ipp>
#include <roompp/server/impl/server.ipp>
#include <roompp/server/impl/server_access.ipp>
#include <roompp/server/impl/websocket_route.ipp>
#include <roompp/websocket/impl/close_frame.ipp>
#include <roompp/websocket/impl/extension_offers.ipp>
#include <roompp/websocket/impl/first_message.ipp>
#include <roompp/websocket/impl/frame_reader.ipp>
#include <roompp/websocket/impl/handshake.ipp>
#include <roompp/websocket/impl/websocket_handler.ipp>
