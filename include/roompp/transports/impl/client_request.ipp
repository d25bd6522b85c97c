#pragma once
// Definitions of <roompp/transports/client_request.hpp>.

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/http/cors.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/transports/client_request.hpp>
#include <roompp/transports/http_rooms_settings.hpp>
#include <roompp/websocket/connect_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

// Reads the request into `client`. @returns the refusal.
[[nodiscard]] ROOMPP_DECL std::optional<response> read_client(const http_rooms_settings& settings, const request& req,
                                                              const responder& reply, client_request& client) {
    constexpr std::size_t max_session_length = 64;
    header_list headers;
    if (auto refusal = check_origin(req, settings.origins, headers)) return refusal;
    reply.add_headers(headers);
    connect_reply admission;
    if (settings.on_connect) settings.on_connect(req, admission);
    if (admission.refused()) return admission.refused();
    client.join.person = admission.person();
    settings.protocol.ask(req, admission, client.join);
    if (admission.refused()) return admission.refused();
    const auto session = req.query("session").value_or("");
    if (session.size() > max_session_length) return response(400, "'session' must be at most 64 characters.\n");
    client.room = room_name(req);
    if (!client.join.person.id.empty()) client.client_key = client.join.person.id + '\n' + session;
    client.peer_address = req.peer_address();
    client.is_secure = req.is_secure();
    return std::nullopt;
}

ROOMPP_DECL std::optional<client_request> read_client_request(const http_rooms_settings& settings, const request& req,
                                                              const responder& reply) {
    client_request client;
    if (auto refusal = read_client(settings, req, reply, client)) {
        reply.answer(std::move(*refusal));
        return std::nullopt;
    }
    return client;
}

}  // namespace detail
ROOMPP_NAMESPACE_END
