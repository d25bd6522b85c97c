#pragma once
// Definitions of <roompp/server/routing_table.hpp>.

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include <roompp/http/field_values.hpp>
#include <roompp/http/request_head.hpp>
#include <roompp/net/address_group.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/server/routing_table.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL websocket_route& routing_table::add_websocket(std::string path, websocket_route::route_factory open,
                                                          handler<void(const request&, connect_reply&)> connect,
                                                          handler<void(std::exception_ptr)> failed) {
    path_template parsed(std::move(path));
    for (const websocket_route& route : websockets_) refuse_duplicate(route.path(), parsed);
    return websockets_.emplace_back(std::move(parsed), std::move(open), std::move(connect), std::move(failed));
}

ROOMPP_DECL std::optional<response> routing_table::respond(request& request, responder& deferred) {
    try {
        std::optional<response> answer;
        if (plain_.respond(request, deferred, answer)) return answer;
        const bool is_websocket = std::any_of(websockets_.begin(), websockets_.end(), [&](const auto& route) {
            return route.path().match(request.path()).has_value();
        });
        if (!is_websocket) return response(404, "Not found.\n");
        response refusal(426, "This path is a WebSocket: open it with a WebSocket handshake (RFC 6455).\n");
        refusal.headers.emplace_back("Upgrade", "websocket");
        refusal.headers.emplace_back("Connection", "Upgrade");
        return refusal;
    } catch (...) {
        report(std::current_exception());
        return response(500, "The server failed to answer this request.\n");
    }
}

ROOMPP_DECL bool routing_table::takes_upgrade(const request& request) const {
    return request.head().asks_for_websocket;
}

// RFC 6455, section 4.2.1.
[[nodiscard]] ROOMPP_DECL std::optional<response> check_handshake(const request& request) {
    const request_head& head = request.head();
    if (head.method != "GET" || head.version != http_version::http_1_1)
        return response(400, "A WebSocket handshake is a GET of HTTP/1.1.\n");
    if (request.header("Sec-WebSocket-Version") != "13") {
        response refusal(426, "The Sec-WebSocket-Version is not 13, the only one that is supported.\n");
        refusal.headers.emplace_back("Sec-WebSocket-Version", "13");
        refusal.headers.emplace_back("Upgrade", "websocket");
        return refusal;
    }
    const std::string& key = request.header("Sec-WebSocket-Key");
    const auto is_base64 = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    if (key.size() != 24 || !std::all_of(key.begin(), key.end() - 2, is_base64) || key.substr(22) != "==")
        return response(400, "The Sec-WebSocket-Key is not 16 bytes in base64.\n");
    if (!request.body().empty()) return response(400, "A WebSocket handshake has no body.\n");
    return std::nullopt;
}

ROOMPP_DECL bool routing_table::allows_join(const std::string& peer_address, const limits& limits, const loop& home) {
    if (limits.joins_per_second == 0) return true;
    roompp::limits rate;
    rate.messages_per_second = limits.joins_per_second;
    rate.bytes_per_second = 0;
    const std::lock_guard lock(joins_mutex_);
    return joins_.allow(net::address_group(peer_address, limits.ipv6_prefix), 0, rate, home.now());
}

ROOMPP_DECL std::optional<response> routing_table::accept_upgrade(request& request, net::shard& host,
                                                                  upgrade_options& options) {
    if (auto refusal = check_handshake(request)) return refusal;
    if (!allows_join(request.peer_address(), host.limits(), host.home())) {
        response refusal(429, "Too many connections are opened from this address; try again in a second.\n");
        refusal.headers.emplace_back("Retry-After", "1");
        return refusal;
    }
    auto [route, values] = find_route(
        websockets_, request.path(), [](const websocket_route& r) -> const path_template& { return r.path(); },
        [](const websocket_route&) { return true; });
    if (!route) return response(404, "There is no WebSocket under this path.\n");
    if (auto refusal = check_parameters(values, plain_.names())) return refusal;
    request.set_parameters(std::move(values));
    try {
        connect_reply reply;
        options.open = route->ask(request, reply);
        if (reply.refused()) return *reply.refused();
        // RFC 6455, section 4.2.2, forbids to answer with one that was not offered.
        if (offers(request, reply.chosen_subprotocol())) options.subprotocol = reply.chosen_subprotocol();
        options.headers = reply.headers();
        options.failed = [this, failed_route = route](const std::exception_ptr& error) {
            if (failed_route->error_hook())
                failed_route->error_hook()(error);
            else
                report(error);
        };
        return std::nullopt;
    } catch (...) {
        report(std::current_exception());
        return response(500, "The server failed to answer this request.\n");
    }
}

ROOMPP_DECL void routing_table::report(const std::exception_ptr& error) noexcept {
    try {
        if (error_hook_) return error_hook_(error);
    } catch (...) {
        return report_by_default(std::current_exception());  // the hook itself has failed
    }
    report_by_default(error);
}

ROOMPP_DECL void routing_table::report_by_default(const std::exception_ptr& error) const {
    if (default_error_handler_) return default_error_handler_(error);
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "roompp: a handler failed: %s\n", e.what());
    } catch (...) {
        std::fprintf(stderr, "roompp: a handler failed\n");
    }
}

}  // namespace detail
ROOMPP_NAMESPACE_END
