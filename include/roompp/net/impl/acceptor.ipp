#pragma once
// Accepting connections, and going on when one can't be accepted.

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/socket_base.hpp>

#include <roompp/net/acceptor.hpp>
#include <roompp/net/listener.hpp>
#include <roompp/net/shard.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL acceptor::acceptor(asio::io_context& context, const std::string& address, std::uint16_t port)
    : listener_(open_listener(context, address, port)) {
    listener_.non_blocking(true);
    listener_.set_option(asio::socket_base::enable_connection_aborted(true));  // else Asio waits for the next one
}

ROOMPP_DECL void acceptor::start(callbacks receivers) {
    callbacks_ = std::move(receivers);
    wait();
}

ROOMPP_DECL void acceptor::tick() {
    failures_ = 0;
    if (listener_.is_open() && !is_waiting_) accept_waiting();
}

ROOMPP_DECL void acceptor::stop() noexcept {
    std::error_code ignored;
    listener_.close(ignored);
}

// Not async_accept(): where memory is short, that may end without a call of its handler, and nobody would go on.
ROOMPP_DECL void acceptor::wait() {
    listener_.async_wait(asio::socket_base::wait_read, [this](const std::error_code& ec) {
        if (ec == asio::error::operation_aborted || !listener_.is_open()) return;
        is_waiting_ = false;
        accept_waiting();
    });
    is_waiting_ = true;
}

ROOMPP_DECL void acceptor::accept_waiting() {
    for (std::size_t i = 0; i < max_accepts && listener_.is_open(); ++i) {
        try {
            if (!accept_next()) break;
            failures_ = 0;
        } catch (...) {
            report(std::current_exception());
            if (++failures_ == max_failures) return;  // until the next tick
        }
    }
    try {
        if (listener_.is_open()) wait();
    } catch (...) {
        report(std::current_exception());
    }
}

// @returns whether there was one.
ROOMPP_DECL bool acceptor::accept_next() {
    if (!next_host_) next_host_ = &callbacks_.next();
    std::error_code ec;
    const auto accepted = std::make_shared<net::tcp_socket>(listener_.accept(next_host_->context(), ec));
    if (ec == asio::error::would_block || ec == asio::error::try_again) return false;
    if (ec == asio::error::connection_aborted || ec == std::errc::protocol_error) return true;  // it has gone again
    if (ec) throw std::system_error(ec, "roompp: cannot accept connections just now");
    net::shard& host = *std::exchange(next_host_, nullptr);
    host.home().dispatch([this, &host, accepted] { callbacks_.take(host, std::move(*accepted)); });
    return true;
}

ROOMPP_DECL void acceptor::report(const std::exception_ptr& error) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_report_) {
        ++unreported_;
        return;
    }
    next_report_ = now + report_interval;
    callbacks_.failed(error);
    if (const auto count = std::exchange(unreported_, 0); count != 0)
        callbacks_.failed(std::make_exception_ptr(std::runtime_error("roompp: before that, " + std::to_string(count) +
                                                                     " connections could not be accepted")));
}

}  // namespace detail
ROOMPP_NAMESPACE_END
