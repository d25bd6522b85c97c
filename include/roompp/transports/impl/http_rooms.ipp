#pragma once
// Definitions of <roompp/transports/http_rooms.hpp>.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <roompp/config.hpp>
#include <roompp/http/cors.hpp>
#include <roompp/http/request.hpp>
#include <roompp/server/server.hpp>
#include <roompp/transports/event_endpoint.hpp>
#include <roompp/transports/http_rooms.hpp>
#include <roompp/transports/http_rooms_state.hpp>
#include <roompp/transports/poll_endpoint.hpp>
#include <roompp/transports/post_endpoint.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL void attach_http_rooms(server& host, const std::shared_ptr<http_rooms_state>& state) {
    host.on_start([state](const std::vector<net::shard*>& shards) { state->start(shards); },
                  [state] { state->stop(); });
}

ROOMPP_DECL void add_preflight_route(server& host, const std::string& path,
                                     const std::shared_ptr<http_rooms_state>& state, std::string_view methods) {
    host.options(path, [state, methods = std::string(methods)](const request& req) {
        return preflight_response(req, state->settings().origins, methods, "Content-Type, Last-Event-ID");
    });
}

ROOMPP_DECL void add_poll_route(server& host, const std::string& path, const std::shared_ptr<http_rooms_state>& state) {
    host.get(path, poll_endpoint(state));
    add_preflight_route(host, path, state, "GET, HEAD");
}

ROOMPP_DECL void add_event_route(server& host, const std::string& path,
                                 const std::shared_ptr<http_rooms_state>& state) {
    host.get(path, event_endpoint(state));
    add_preflight_route(host, path, state, "GET, HEAD");
}

ROOMPP_DECL void add_post_route(server& host, const std::string& path, const std::shared_ptr<http_rooms_state>& state) {
    const post_endpoint endpoint(state);
    route_options options;
    options.takes_messages = true;
    options.on_too_large = [endpoint](const request& req) { return endpoint.too_large(req); };
    host.post(path, endpoint, options);
    add_preflight_route(host, path, state, "POST");
}

}  // namespace detail
ROOMPP_NAMESPACE_END
