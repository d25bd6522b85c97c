#pragma once
// A TLS connection before it can be served: its handshake, the time for that, and the answers to those who fail. Internal.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include <roompp/config.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/net/tls_stream.hpp>
#include <roompp/server/loop_group.hpp>
#include <roompp/server/routing_table.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// Makes the handshake of one connection, and then has it served. Held by its pending waits. It counts as a connection,
/// and for limits::handshakes; it is closed after limits::request_timeout.
class tls_handshake final : public net::shard::shard_connection, public std::enable_shared_from_this<tls_handshake> {
public:
    /// All of these must outlive it.
    tls_handshake(const loop_group& loops, routing_table& routes, net::shard& host, net::tls_stream stream);

    /// Call once.
    void start() { wait(net::tls_stream::handshake_state::reading); }

private:
    using clock = net::shard::clock;

    /// The handshakes of a loop that can go on. Each costs much time for a signature: one is made, then all others of the
    /// loop have their turn.
    struct queue {
        std::deque<std::shared_ptr<tls_handshake>> ready;
        bool is_working = false;
    };

    // net::shard::shard_connection
    void tick(clock::time_point now) override;
    void stop() override { close(); }
    void abort() override { close(); }
    void on_incomplete_send(const std::shared_ptr<const net::frame_batch>&, std::size_t, int) override {}

    void wait(net::tls_stream::handshake_state state);
    void enqueue();
    static void work(net::shard& host);
    void go_on();
    void serve_stream();
    void refuse(net::tls_stream::handshake_state state);
    void drop_input();
    void close() noexcept;

    const loop_group& loops_;
    routing_table& routes_;
    net::tls_stream stream_;
    std::optional<net::shard::counter_guard> handshaking_;
    clock::time_point deadline_;
    bool has_failed_ = false;  // the client is left time to read why
    bool is_closed_ = false;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/tls_handshake.ipp>
#endif
