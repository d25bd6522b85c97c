#pragma once
// Accepting connections for a server.

#include <csignal>
#include <cstddef>
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
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/acceptor.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/tcp_stream.hpp>
#include <roompp/server/listeners.hpp>
#include <roompp/server/serve.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

struct listeners::open_port {
    open_port(asio::io_context& context, const std::string& address, std::uint16_t port,
              std::shared_ptr<const secure_transport> encryption)
        : listener(context, address, port), transport(std::move(encryption)) {}
    acceptor listener;
    std::shared_ptr<const secure_transport> transport;  // null: none
};

struct listeners::ports {
    struct signal_handler {
        signal_handler(asio::io_context& context, int number, std::function<void()> hook)
            : signal(context, number), handler(std::move(hook)) {}
        net::signal_set signal;
        std::function<void()> handler;
    };
    std::deque<open_port> all;  // references to them are kept by their handlers
    std::optional<net::signal_set> stop_signals;
    std::deque<signal_handler> signal_handlers;
    bool are_closed = false;
};

ROOMPP_DECL listeners::listeners(loop_group& loops, routing_table& routes, const roompp::limits& limits,
                                 net::connection_limiter& limiter)
    : loops_(loops), routes_(routes), limits_(limits), limiter_(limiter), ports_(std::make_unique<ports>()) {}
ROOMPP_DECL listeners::~listeners() = default;

ROOMPP_DECL void listeners::open(std::uint16_t port, const std::string& address,
                                 std::shared_ptr<const secure_transport> transport) {
    if (address == "localhost") return open_localhost(port, transport);
    ports_->all.emplace_back(loops_.first().context(), address, port, std::move(transport));
}

// Both addresses of this name, which clients try in either order (RFC 6761, section 6.3), on one port.
ROOMPP_DECL void listeners::open_localhost(std::uint16_t port,
                                           const std::shared_ptr<const secure_transport>& transport) {
    constexpr int max_attempts = 20;  // another program may have the port that was free for IPv4
    for (int attempt = 1;; ++attempt) {
        auto& first = ports_->all.emplace_back(loops_.first().context(), "127.0.0.1", port, transport);
        try {
            ports_->all.emplace_back(loops_.first().context(), "::1", first.listener.endpoint().port(), transport);
            return;
        } catch (const std::system_error& error) {
            if (error.code() != asio::error::address_in_use) return;  // this machine has no IPv6
            ports_->all.pop_back();
            if (port != 0 || attempt == max_attempts) throw;
        }
    }
}

ROOMPP_DECL const listeners::open_port* listeners::find_port(bool is_secure) const noexcept {
    for (const open_port& port : ports_->all)
        if ((port.transport != nullptr) == is_secure) return &port;
    return nullptr;
}

ROOMPP_DECL std::string listeners::url_of(const open_port& port) {
    const std::string scheme = port.transport ? "https://" : "http://";
    const auto number = std::to_string(port.listener.endpoint().port());
    const auto address = port.listener.endpoint().address();
    if (address.is_unspecified()) return scheme + "localhost:" + number + '/';
    const auto text = address.to_string();
    return scheme + (address.is_v6() ? '[' + text + ']' : text) + ':' + number + '/';
}

ROOMPP_DECL std::uint16_t listeners::port() const { return find_port(false)->listener.endpoint().port(); }
ROOMPP_DECL std::uint16_t listeners::tls_port() const { return find_port(true)->listener.endpoint().port(); }
ROOMPP_DECL std::string listeners::url() const { return url_of(*find_port(false)); }
ROOMPP_DECL std::string listeners::tls_url() const { return url_of(*find_port(true)); }

ROOMPP_DECL void listeners::start() {
    for (auto& port : ports_->all)
        port.listener.start({[this]() -> net::shard& { return loops_.next(); },
                             [this, transport = port.transport](net::shard& host, net::tcp_socket socket) {
                                 net::tcp_stream stream(std::move(socket));
                                 stream.set_user_timeout(limits_.ping_interval + limits_.ping_timeout);
                                 const bool has_slot = stream.take_slot(limiter_, limits_);
                                 if (transport)
                                     transport->serve(loops_, routes_, host, std::move(stream), has_slot);
                                 else
                                     serve(loops_, routes_, host, std::move(stream), has_slot);
                             },
                             [this](const std::exception_ptr& error) { routes_.report(error); }});
    loops_.first().on_tick([this] {
        for (auto& port : ports_->all) port.listener.tick();
    });
}

ROOMPP_DECL void listeners::stop_on_signals(std::function<void()> on_signal) {
    ports_->stop_signals.emplace(loops_.first().context(), SIGINT, SIGTERM);
    ports_->stop_signals->async_wait([on_signal = std::move(on_signal)](const std::error_code& ec, int) {
        if (!ec) on_signal();
    });
}

ROOMPP_DECL void listeners::on_signal(int signal, std::function<void()> handler) {
    ports_->signal_handlers.emplace_back(loops_.first().context(), signal, std::move(handler));
    wait_for_signal(ports_->signal_handlers.size() - 1);
}

ROOMPP_DECL void listeners::wait_for_signal(std::size_t index) {
    auto& entry = ports_->signal_handlers[index];
    entry.signal.async_wait([this, index](const std::error_code& ec, int) {
        if (ec || ports_->are_closed) return;
        try {
            ports_->signal_handlers[index].handler();
        } catch (...) {
            routes_.report(std::current_exception());
        }
        if (!ports_->are_closed) wait_for_signal(index);
    });
}

ROOMPP_DECL void listeners::stop() noexcept {
    std::error_code ignored;
    ports_->are_closed = true;
    for (auto& port : ports_->all) port.listener.stop();
    // Cleared, since a second Ctrl-C while connections end has to end the process; and cancelled, since a pending wait would
    // keep the loop until limits::stop_timeout.
    const auto end = [&ignored](net::signal_set& set) {
        set.clear(ignored);
        set.cancel(ignored);
    };
    if (ports_->stop_signals) end(*ports_->stop_signals);
    for (auto& entry : ports_->signal_handlers) end(entry.signal);
}

}  // namespace detail
ROOMPP_NAMESPACE_END
