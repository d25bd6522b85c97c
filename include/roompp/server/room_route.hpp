#pragma once
// How a WebSocket route opens its connections into rooms.

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/protocols/protocol_concept.hpp>
#include <roompp/protocols/raw.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/rooms/rooms.hpp>
#include <roompp/server/connection_fan_out.hpp>
#include <roompp/server/websocket_route.hpp>
#include <roompp/websocket/connect_reply.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace detail {

/// Chooses the protocol of a connection, and with it the session factory: the first of the route's protocols whose
/// subprotocol the client offers; else the one without a subprotocol; else raw_protocol. A route_factory, see
/// websocket_route. Const access is thread-safe.
template <class Room, class... Protocols>
class room_route {
    static_assert((protocol_concept<Protocols, Room>::conforms() && ...));

public:
    room_route(rooms<Room> directory, Protocols... protocols)
        : directory_(std::move(directory)), protocols_(std::move(protocols)...) {}

    [[nodiscard]] websocket_route::session_factory operator()(const request& req, connect_reply& reply) const {
        websocket_route::session_factory factory;
        const auto is_offered = [&](const auto& protocol) {
            if (protocol.subprotocol.empty() || !offers(req, protocol.subprotocol)) return false;
            reply.subprotocol(std::string(protocol.subprotocol));
            return true;
        };
        const auto is_default = [](const auto& protocol) { return protocol.subprotocol.empty(); };
        if (choose(is_offered, req, reply, factory)) return factory;
        reply.served_subprotocols(subprotocols());
        if (!choose(is_default, req, reply, factory)) factory = make_factory(raw_protocol(), req, reply);
        return factory;
    }

private:
    // Makes the factory of the first protocol that fits. @returns whether there is one.
    template <class Fits>
    bool choose(const Fits& fits, const request& req, connect_reply& reply,
                websocket_route::session_factory& factory) const {
        const auto take_if = [&](const auto& protocol) {
            if (!fits(protocol)) return false;
            factory = make_factory(protocol, req, reply);
            return true;
        };
        return std::apply([&](const auto&... protocol) { return (... || take_if(protocol)); }, protocols_);
    }

    // The names of the protocols that have one.
    [[nodiscard]] std::string subprotocols() const {
        std::string names;
        const auto add = [&](std::string_view name) {
            if (!name.empty()) names.append(names.empty() ? "" : ", ").append(name);
        };
        std::apply([&](const auto&... protocol) { (add(protocol.subprotocol), ...); }, protocols_);
        return names;
    }

    template <class Protocol>
    websocket_route::session_factory make_factory(const Protocol& protocol, const request& req,
                                                  connect_reply& reply) const {
        join_options<connection::batch_type> options;
        options.person = reply.person();
        options.close_on_leave = true;
        protocol.ask(req, reply, options);
        return [protocol, directory = directory_, room = room_name(req), options = std::move(options)](
                   const std::shared_ptr<connection>& conn, const person& identity) {
            auto own_options = options;
            // Identified by the first message: see websocket_route::first_message().
            if (!identity.id.empty() || !identity.name.empty()) own_options.person = identity;
            return protocol.open(directory, conn, room, std::move(own_options));
        };
    }

    rooms<Room> directory_;
    std::tuple<Protocols...> protocols_;
};

}  // namespace detail

ROOMPP_NAMESPACE_END
