#pragma once
// What encrypts the connections of a port, for the layers that know no TLS.

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {
class shard;
class tcp_stream;
}  // namespace net
namespace detail {

class loop_group;
class routing_table;

/// Serves accepted connections encrypted. Safe from any thread. This header does not include Asio.
class secure_transport {
public:
    secure_transport() = default;
    secure_transport(const secure_transport&) = delete;
    secure_transport& operator=(const secure_transport&) = delete;
    virtual ~secure_transport() = default;

    /// As serve() of serve.hpp, on a shard, in its thread.
    virtual void serve(const loop_group& loops, routing_table& routes, net::shard& host, net::tcp_stream stream,
                       bool has_slot) const = 0;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
