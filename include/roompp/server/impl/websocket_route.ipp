#pragma once
// Deciding on a request to open a WebSocket.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/http/cors.hpp>
#include <roompp/http/field_values.hpp>
#include <roompp/server/websocket_route.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL decltype(net::accept_options::open) websocket_route::ask(const request& request,
                                                                     connect_reply& reply) const {
    if (!detail::allows_origin(request, origins_))
        reply.refuse(403, "Pages of " + request.header("Origin") + " may not open this WebSocket.\n");
    else if (connect_hook_)
        connect_hook_(request, reply);
    if (reply.refused()) return nullptr;
    auto factory = factory_(request, reply);
    // A browser fails a connection without one of the subprotocols that its page has offered (WHATWG WebSockets, section 2.2):
    // after it has joined.
    const std::string& offered = request.header("Sec-WebSocket-Protocol");
    if (!reply.refused() && !offered.empty() && !detail::offers(request, reply.chosen_subprotocol())) {
        const std::string& served = reply.served_subprotocols();
        reply.refuse(
            400, "None of the offered subprotocols is served here: " + offered +
                     (served.empty() ? ". This route has none: offer none.\n" : ". Offer " + served + ", or none.\n"));
    }
    if (reply.refused() || !factory) return nullptr;
    if (!first_message_check_)
        return [factory = std::move(factory)](const std::shared_ptr<connection>& opened) {
            return factory(opened, person());
        };
    return [this, factory = std::move(factory)](const std::shared_ptr<connection>& opened) {
        return std::make_unique<detail::first_message_session>(
            *opened, first_message_deadline_, first_message_check_,
            [factory, &conn = *opened](const person& identity) { return factory(conn.shared_from_this(), identity); });
    };
}

namespace detail {

ROOMPP_DECL bool offers(const request& request, std::string_view subprotocol) {
    if (subprotocol.empty()) return false;
    bool found = false;
    for_each_element(request.header("Sec-WebSocket-Protocol"),
                     [&](std::string_view offer) { found = found || offer == subprotocol; });
    return found;
}

ROOMPP_DECL std::string room_name(const request& request) {
    std::string name;
    for (const auto& [key, value] : request.parameters()) name += (name.empty() ? "" : "/") + value;
    return name.empty() ? "/" : name;
}

}  // namespace detail

ROOMPP_NAMESPACE_END
