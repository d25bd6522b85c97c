#pragma once
// What brings messages to a server's connections, whatever their rooms: with separate compilation it is compiled once, in the
// library, and not in each file that has rooms.

#include <roompp/config.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/audience.hpp>
#include <roompp/rooms/batch.hpp>
#include <roompp/rooms/fan_out.hpp>

#if !ROOMPP_HEADER_ONLY
ROOMPP_NAMESPACE_BEGIN

extern template struct delivery<net::frame_batch>;
extern template class batch_builder<net::frame_batch>;
extern template class audience<connection>;
extern template class fan_out<connection>;

ROOMPP_NAMESPACE_END
#endif

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/connection_fan_out.ipp>
#endif
