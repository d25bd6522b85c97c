#pragma once
// The library's instantiations of the fan-out to connections.

#include <roompp/config.hpp>
#include <roompp/server/connection_fan_out.hpp>

#if !ROOMPP_HEADER_ONLY
ROOMPP_NAMESPACE_BEGIN

template struct delivery<net::frame_batch>;
template class batch_builder<net::frame_batch>;
template class audience<connection>;
template class fan_out<connection>;

ROOMPP_NAMESPACE_END
#endif
