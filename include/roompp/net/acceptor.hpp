#pragma once
// Accepts connections on one port.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>
#include <roompp/net/tcp_types.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/shard.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A listening socket. What fails, such as for want of descriptors or memory, is tried again at the next tick, and
/// reported once a minute at most, since who floods may bring it about. Single-threaded (its own loop); not movable.
class acceptor {
public:
    /// Receivers of its events.
    struct callbacks {
        std::function<net::shard&()> next;                       ///< chooses the next connection's shard
        std::function<void(net::shard&, net::tcp_socket)> take;  ///< takes a connection, on the loop of its shard
        std::function<void(std::exception_ptr)> failed;          ///< a connection could not be accepted
    };

    /// Listens. @throws as open_listener().
    acceptor(asio::io_context& context, const std::string& address, std::uint16_t port);
    acceptor(const acceptor&) = delete;
    acceptor& operator=(const acceptor&) = delete;

    /// The address and port on which it listens.
    [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return listener_.local_endpoint(); }

    /// Accepts from now on; call once.
    void start(callbacks receivers);
    /// Goes on accepting if something has failed; call once a second.
    void tick();
    /// Accepts nothing more, and closes the port.
    void stop() noexcept;

private:
    static constexpr std::size_t max_accepts = 16;   // in a turn
    static constexpr std::size_t max_failures = 16;  // in a row between two ticks
    static constexpr std::chrono::minutes report_interval{1};

    void wait();
    void accept_waiting();
    bool accept_next();
    void report(const std::exception_ptr& error);

    net::tcp_acceptor listener_;
    callbacks callbacks_;
    net::shard* next_host_ = nullptr;  // the next connection's
    bool is_waiting_ = false;
    std::size_t failures_ = 0;    // since the last tick or success
    std::size_t unreported_ = 0;  // failures since the last report
    std::chrono::steady_clock::time_point next_report_{};
};

}  // namespace detail
ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/acceptor.ipp>
#endif
