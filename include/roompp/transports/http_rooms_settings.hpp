#pragma once
// The settings of the routes of one http_rooms.

#include <string>
#include <vector>

#include <roompp/base/handler.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/protocols/v1.hpp>
#include <roompp/websocket/connect_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// What the application has set. Written before run(), then only read: const access is thread-safe.
struct http_rooms_settings {
    handler<void(const request&, connect_reply&)> on_connect;  ///< may be empty
    std::vector<std::string> origins;  ///< allowed ones, besides the server's own; see check_origin()
    v1_protocol protocol;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
