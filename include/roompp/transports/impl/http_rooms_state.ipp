#pragma once
// Definitions of <roompp/transports/http_rooms_state.hpp>.

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roompp/base/close.hpp>
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/net/address_group.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/protocols/v1.hpp>
#include <roompp/protocols/v1_commands.hpp>
#include <roompp/protocols/v1_frames.hpp>
#include <roompp/server/server_access.hpp>
#include <roompp/transports/client_request.hpp>
#include <roompp/transports/encodings.hpp>
#include <roompp/transports/http_directory.hpp>
#include <roompp/transports/http_member.hpp>
#include <roompp/transports/http_rooms_settings.hpp>
#include <roompp/transports/http_rooms_state.hpp>
#include <roompp/transports/poll_connection.hpp>
#include <roompp/transports/post_reply.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL http_rooms_state::http_rooms_state(server& host, std::unique_ptr<const http_directory> directory,
                                               v1_protocol protocol)
    : server_(host),
      directory_(std::move(directory)),
      settings_{{}, {}, std::move(protocol)},
      event_encoding_(make_event_encoding()),
      poll_encoding_(make_poll_encoding()) {}

ROOMPP_DECL void http_rooms_state::start(const std::vector<net::shard*>& shards) {
    shards_ = shards;
    shard_states_.resize(shards.size());
}

// A member owns its connection, which owns that member: without leaving, neither would be destroyed.
ROOMPP_DECL void http_rooms_state::stop() {
    for (shard_state& shard : shard_states_)
        for (const auto& [room, clients] : std::exchange(shard.rooms, {}))
            for (const auto& [key, client] : clients.polling) client->leave();
    shard_states_.clear();
}

ROOMPP_DECL const limits& http_rooms_state::limits() const { return shards_.front()->limits(); }

ROOMPP_DECL loop::clock::time_point http_rooms_state::deadline(const loop& home, loop::clock::duration delay) const {
    return shards_[home.index()]->deadline(delay);
}

ROOMPP_DECL std::shared_ptr<http_member> http_rooms_state::make_member(bool has_stream) const {
    return directory_->make_member(settings_.protocol.permissions(), limits(), has_stream);
}

ROOMPP_DECL std::function<void(std::exception_ptr)> http_rooms_state::error_reporter() const {
    return [&host = server_](const std::exception_ptr& error) { server_access::report(host, error); };
}

ROOMPP_DECL const room_clients* http_rooms_state::find_clients(const loop& home, const std::string& room) const {
    if (home.index() >= shard_states_.size()) return nullptr;
    const auto& rooms = shard_states_[home.index()].rooms;
    const auto found = rooms.find(room);
    return found == rooms.end() ? nullptr : &found->second;
}

ROOMPP_DECL std::shared_ptr<poll_connection> http_rooms_state::find_polling(const loop& home, const std::string& room,
                                                                            const std::string& client_key) const {
    const room_clients* const clients = find_clients(home, room);
    if (!clients) return nullptr;
    const auto found = clients->polling.find(client_key);
    return found == clients->polling.end() ? nullptr : found->second;
}

ROOMPP_DECL std::shared_ptr<poll_connection> http_rooms_state::find_or_add_polling(loop& home,
                                                                                   const client_request& client,
                                                                                   std::string_view frame,
                                                                                   const responder& reply) {
    if (auto found = find_polling(home, client.room, client.client_key)) return found;
    if (!admit_polling(home, client, frame, reply)) return nullptr;
    std::unique_ptr<net::connection_limiter::slot> slot;
    if (const std::size_t max_connections = limits().connections_per_address; max_connections != 0) {
        slot =
            polling_by_address_.enter(net::address_group(client.peer_address, limits().ipv6_prefix), max_connections);
        if (!slot) {
            const close_event refusal{close_code::try_again_later, "this address has too many clients"};
            reply.answer(poll_connection::closed_response(refusal));
            return nullptr;
        }
    }
    shard_state& shard = local(home);
    room_clients& clients = shard.rooms[client.room];
    const auto conn = std::make_shared<poll_connection>(*shards_[home.index()], client.peer_address, client.is_secure,
                                                        std::move(slot));
    const auto member = make_member(false);
    clients.polling.emplace(client.client_key, conn);
    clients.senders[client.client_key] = {member, &home};
    ++shard.polling_count;
    conn->start(
        [&] {
            auto options = client.join;
            options.encoding = poll_encoding_;
            options.resume = nullptr;  // messages are read from the history
            options.history_limit = 0;
            member->join(conn, client.room, std::move(options));
            return make_poll_source(member);
        },
        [state = shared_from_this(), &home, room = client.room, key = client.client_key, leaving = member.get()] {
            state->remove_polling(home, room, key, leaving);
        },
        error_reporter());
    return conn;
}

ROOMPP_DECL bool http_rooms_state::admit_polling(loop& home, const client_request& client, std::string_view frame,
                                                 const responder& reply) {
    net::shard& host = *shards_[home.index()];
    shard_state& shard = local(home);
    const auto address = net::address_group(client.peer_address, limits().ipv6_prefix);
    if (!shard.new_client_limiter.allow(address, frame.size(), limits(), home.now())) {
        post_reply(reply).send(v1_frames::rate_limited(parse_v1_ack_number(frame)));
        return false;
    }
    // A client that polls costs its peer nothing: half of the connections stay reserved for real ones.
    const std::size_t share = limits().connections / shards_.size();
    const std::size_t max_polling = std::max<std::size_t>(1, share / 2);
    if (host.stopping() || host.connections() >= share || shard.polling_count >= max_polling) {
        reply.answer(poll_connection::closed_response({close_code::try_again_later, "the server is full"}));
        return false;
    }
    return true;
}

ROOMPP_DECL void http_rooms_state::remove_polling(const loop& home, const std::string& room,
                                                  const std::string& client_key, const http_member* member) {
    if (home.index() >= shard_states_.size()) return;
    shard_state& shard = local(home);
    --shard.polling_count;
    if (const auto clients = shard.rooms.find(room); clients != shard.rooms.end())
        clients->second.polling.erase(client_key);
    remove_sender(home, room, client_key, member);
}

ROOMPP_DECL const http_sender* http_rooms_state::find_sender(const loop& home, const std::string& room,
                                                             const std::string& client_key) const {
    const room_clients* const clients = find_clients(home, room);
    if (!clients) return nullptr;
    const auto found = clients->senders.find(client_key);
    return found == clients->senders.end() || found->second.member.expired() ? nullptr : &found->second;
}

ROOMPP_DECL void http_rooms_state::add_sender(const loop& home, const std::string& room, const std::string& client_key,
                                              http_sender sender) {
    local(home).rooms[room].senders[client_key] = std::move(sender);
}

ROOMPP_DECL void http_rooms_state::remove_sender(const loop& home, const std::string& room,
                                                 const std::string& client_key, const http_member* member) {
    if (home.index() >= shard_states_.size()) return;
    auto& rooms = local(home).rooms;
    const auto clients = rooms.find(room);
    if (clients == rooms.end()) return;
    auto& [polling, senders] = clients->second;
    if (const auto found = senders.find(client_key); found != senders.end()) {
        const auto current = found->second.member.lock();
        if (!current || current.get() == member) senders.erase(found);
    }
    if (polling.empty() && senders.empty()) rooms.erase(clients);
}

}  // namespace detail
ROOMPP_NAMESPACE_END
