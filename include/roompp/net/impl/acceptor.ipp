#pragma once
// Accepting connections, and waiting while none can be accepted.

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/acceptor.hpp>
#include <roompp/net/listener.hpp>
#include <roompp/net/shard.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL acceptor::acceptor(asio::io_context& context, const std::string& address, std::uint16_t port)
    : context_(context), listener_(open_listener(context, address, port)) {}

ROOMPP_DECL void acceptor::start(callbacks receivers) {
    callbacks_ = std::move(receivers);
    accept();
}

ROOMPP_DECL void acceptor::stop() noexcept {
    std::error_code ignored;
    listener_.close(ignored);
}

ROOMPP_DECL void acceptor::accept() {
    net::shard& host = callbacks_.next();
    listener_.async_accept(host.context(), [this, &host](const std::error_code& ec, net::tcp_socket socket) {
        if (!listener_.is_open()) return;
        if (ec) return retry_after(ec);
        auto accepted = std::make_shared<net::tcp_socket>(std::move(socket));
        accept();  // before the connection is taken, which may throw
        host.home().dispatch([this, &host, accepted] { callbacks_.take(host, std::move(*accepted)); });
    });
}

// Most likely there are too many open files: only time helps.
ROOMPP_DECL void acceptor::retry_after(const std::error_code& ec) {
    if (ec == asio::error::operation_aborted) return;
    callbacks_.failed(std::make_exception_ptr(std::system_error(ec, "roompp: cannot accept connections just now")));
    const auto pause = std::make_shared<net::loop_timer>(context_, std::chrono::milliseconds(100));
    pause->async_wait([this, pause](const std::error_code&) {
        if (listener_.is_open()) accept();
    });
}

}  // namespace detail
ROOMPP_NAMESPACE_END
