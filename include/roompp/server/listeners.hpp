#pragma once
// The ports of a server, the connections that they accept, and the signals that stop it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <roompp/base/limits.hpp>
#include <roompp/config.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/server/loop_group.hpp>
#include <roompp/server/routing_table.hpp>
#include <roompp/server/secure_transport.hpp>

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
    /// @param transport serves what is accepted; null: without encryption.
    void open(std::uint16_t port, const std::string& address, std::shared_ptr<const secure_transport> transport);
    /// Whether there is a port without TLS, or with it.
    [[nodiscard]] bool has_plain_port() const noexcept { return find_port(false) != nullptr; }
    [[nodiscard]] bool has_tls_port() const noexcept { return find_port(true) != nullptr; }
    /// The number of the first port of each kind, which must exist.
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::uint16_t tls_port() const;
    /// The URL of the first port of each kind, for a browser on this machine.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::string tls_url() const;

    /// Accepts connections from now on; call once.
    void start();
    /// Calls `on_signal` on the first SIGINT or SIGTERM.
    void stop_on_signals(std::function<void()> on_signal);
    /// Calls `handler` each time the signal comes. @throws std::system_error if it can't be handled.
    void on_signal(int signal, std::function<void()> handler);
    /// Closes the ports; from now on the signals do what they did before.
    void stop() noexcept;

private:
    struct ports;
    struct open_port;

    void open_localhost(std::uint16_t port, const std::shared_ptr<const secure_transport>& transport);
    void wait_for_signal(std::size_t index);
    [[nodiscard]] const open_port* find_port(bool is_secure) const noexcept;
    [[nodiscard]] static std::string url_of(const open_port& port);

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
