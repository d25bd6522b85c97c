#pragma once
// Turns an HTTP connection into a WebSocket.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/http/request_head.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/server/routing_table.hpp>
#include <roompp/websocket/websocket_connection.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

template <class Stream>
void routing_table::start_upgrade(net::shard& host, Stream stream, const request_head& head, std::string_view rest,
                                  upgrade_options options) {
    const auto opened = std::make_shared<net::websocket_connection<Stream>>(host, std::move(stream));
    const std::string key = head.joined("Sec-WebSocket-Key");
    const std::string extensions = head.joined("Sec-WebSocket-Extensions");
    opened->start({key, extensions}, rest, std::move(options));
}

}  // namespace detail
ROOMPP_NAMESPACE_END
