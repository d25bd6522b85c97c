#pragma once
// Accepting connections for a server.

#include <csignal>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>
#include <roompp/net/tcp_types.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/acceptor.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/tcp_stream.hpp>
#include <roompp/server/listeners.hpp>
#include <roompp/server/serve.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

struct listeners::ports {
    std::deque<acceptor> acceptors;  // references to them are kept by their handlers
    std::optional<net::signal_set> stop_signals;
};

ROOMPP_DECL listeners::listeners(loop_group& loops, routing_table& routes, const roompp::limits& limits,
                                 net::connection_limiter& limiter)
    : loops_(loops), routes_(routes), limits_(limits), limiter_(limiter), ports_(std::make_unique<ports>()) {}
ROOMPP_DECL listeners::~listeners() = default;

ROOMPP_DECL void listeners::open(std::uint16_t port, const std::string& address) {
    if (address == "localhost") return open_localhost(port);
    ports_->acceptors.emplace_back(loops_.first().context(), address, port);
}

// Both addresses of this name, which clients try in either order (RFC 6761, section 6.3), on one port.
ROOMPP_DECL void listeners::open_localhost(std::uint16_t port) {
    constexpr int max_attempts = 20;  // another program may have the port that was free for IPv4
    for (int attempt = 1;; ++attempt) {
        auto& first = ports_->acceptors.emplace_back(loops_.first().context(), "127.0.0.1", port);
        try {
            ports_->acceptors.emplace_back(loops_.first().context(), "::1", first.endpoint().port());
            return;
        } catch (const std::system_error& error) {
            if (error.code() != asio::error::address_in_use) return;  // this machine has no IPv6
            ports_->acceptors.pop_back();
            if (port != 0 || attempt == max_attempts) throw;
        }
    }
}

ROOMPP_DECL bool listeners::empty() const noexcept { return ports_->acceptors.empty(); }

ROOMPP_DECL std::uint16_t listeners::port() const { return ports_->acceptors.front().endpoint().port(); }

ROOMPP_DECL std::string listeners::url() const {
    const auto number = std::to_string(port());
    const auto address = ports_->acceptors.front().endpoint().address();
    if (address.is_unspecified()) return "http://localhost:" + number + '/';
    const auto text = address.to_string();
    return "http://" + (address.is_v6() ? '[' + text + ']' : text) + ':' + number + '/';
}

ROOMPP_DECL void listeners::start() {
    for (auto& port : ports_->acceptors)
        port.start({[this]() -> net::shard& { return loops_.next(); },
                    [this](net::shard& host, net::tcp_socket socket) {
                        net::tcp_stream stream(std::move(socket));
                        stream.set_user_timeout(limits_.ping_interval + limits_.ping_timeout);
                        const bool has_slot = stream.take_slot(limiter_, limits_);
                        serve(loops_, routes_, host, std::move(stream), has_slot);
                    },
                    [this](const std::exception_ptr& error) { routes_.report(error); }});
    loops_.first().on_tick([this] {
        for (auto& port : ports_->acceptors) port.tick();
    });
}

ROOMPP_DECL void listeners::stop_on_signals(std::function<void()> on_signal) {
    ports_->stop_signals.emplace(loops_.first().context(), SIGINT, SIGTERM);
    ports_->stop_signals->async_wait([on_signal = std::move(on_signal)](const std::error_code& ec, int) {
        if (!ec) on_signal();
    });
}

ROOMPP_DECL void listeners::stop() noexcept {
    std::error_code ignored;
    for (auto& port : ports_->acceptors) port.stop();
    // Not only cancelled: a second Ctrl-C while connections end has to end the process.
    if (ports_->stop_signals) ports_->stop_signals->clear(ignored);
}

}  // namespace detail
ROOMPP_NAMESPACE_END
