#pragma once
// Serves one accepted stream: HTTP, and what an upgrade turns it into.

#include <cstddef>
#include <memory>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/http/http_session.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/server/loop_group.hpp>
#include <roompp/server/routing_table.hpp>
#include <roompp/server/upgrade.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Serves a stream of any type (see net/stream_concept.hpp) on a shard, in its thread; with a 503 if the server is full. Does
/// nothing if the shard stops.
/// @param has_slot whether its peer address may have one more connection.
template <class Stream>
void serve(const loop_group& loops, routing_table& routes, net::shard& host, Stream stream, bool has_slot = true) {
    // How many connections of one loop may wait at a time for their client to read the 503.
    constexpr std::size_t max_rejected = 100;
    if (host.stopping()) return;
    const auto& limits = host.limits();
    const bool is_full = !has_slot || host.connections() >= loops.share_of(limits.connections) + host.rejected() ||
                         host.handshaking() >= loops.share_of(limits.handshakes);
    if (is_full && host.rejected() >= max_rejected) return stream.close();
    const auto session = std::make_shared<http_session<Stream, routing_table>>(host, std::move(stream), routes);
    if (is_full)
        session->reject();
    else
        session->start();
}

}  // namespace detail
ROOMPP_NAMESPACE_END
