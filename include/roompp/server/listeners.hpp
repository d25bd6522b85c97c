#pragma once
// The ports of a server, the connections that they accept, and the signals that stop it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <roompp/base/limits.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/server/loop_group.hpp>
#include <roompp/server/routing_table.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// The ports of one server. Everything on the first loop, or before it runs. This header does not include Asio.
class listeners {
public:
    /// All of these must outlive it.
    listeners(loop_group& loops, routing_table& routes, const roompp::limits& limits, net::connection_limiter& limiter);
    listeners(const listeners&) = delete;
    listeners& operator=(const listeners&) = delete;
    ~listeners();

    /// Listens on one more port. @throws as open_listener().
    void open(std::uint16_t port, const std::string& address);
    /// Whether there is a port.
    [[nodiscard]] bool empty() const noexcept;
    /// The number of the first port.
    [[nodiscard]] std::uint16_t port() const;
    /// The URL of the first port, for a browser on this machine.
    [[nodiscard]] std::string url() const;

    /// Accepts connections from now on; call once.
    void start();
    /// Calls `on_signal` on the first SIGINT or SIGTERM.
    void stop_on_signals(std::function<void()> on_signal);
    /// Closes the ports; from now on SIGINT and SIGTERM do what they did before.
    void stop() noexcept;

private:
    struct ports;

    void open_localhost(std::uint16_t port);

    loop_group& loops_;
    routing_table& routes_;
    const roompp::limits& limits_;
    net::connection_limiter& limiter_;
    std::unique_ptr<ports> ports_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/server/impl/listeners.ipp>
#endif
