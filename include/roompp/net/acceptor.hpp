#pragma once
// Accepting connections on one port.

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <roompp/net/listener.hpp>
#include <roompp/net/shard.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

/// A port and those who come to it. Used on the loop that it was made on, and stays in one place.
class acceptor {
public:
    /// What is done with the connections.
    struct callbacks {
        std::function<net::shard&()> next;                             ///< where the next one is to live
        std::function<void(net::shard&, asio::ip::tcp::socket)> take;  ///< called on the loop of that shard
        std::function<void(std::exception_ptr)> failed;                ///< told if none can be accepted just now
    };

    /// Listens. @throws as open_listener().
    acceptor(asio::io_context& context, const std::string& address, std::uint16_t port)
        : context_(context), listener_(open_listener(context, address, port)) {}
    acceptor(const acceptor&) = delete;
    acceptor& operator=(const acceptor&) = delete;

    [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return listener_.local_endpoint(); }

    /// Accepts from now on; call once.
    void start(callbacks how) {
        how_ = std::move(how);
        accept();
    }
    /// Accepts nothing more, and closes the port.
    void stop() noexcept {
        std::error_code ignored;
        listener_.close(ignored);
    }

private:
    void accept() {
        net::shard& host = how_.next();
        listener_.async_accept(host.context(), [this, &host](const std::error_code& ec, asio::ip::tcp::socket socket) {
            if (!listener_.is_open()) return;
            if (ec) return accept_later(ec);
            auto arrived = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
            accept();  // first: what is done with this one may throw
            host.home().dispatch([this, &host, arrived] { how_.take(host, std::move(*arrived)); });
        });
    }

    // Too many open files, most likely: nothing to do but to wait until some are closed.
    void accept_later(const std::error_code& ec) {
        if (ec == asio::error::operation_aborted) return;
        how_.failed(std::make_exception_ptr(std::system_error(ec, "roompp: cannot accept connections just now")));
        const auto pause = std::make_shared<asio::steady_timer>(context_, std::chrono::milliseconds(100));
        pause->async_wait([this, pause](const std::error_code&) {
            if (listener_.is_open()) accept();
        });
    }

    asio::io_context& context_;
    asio::ip::tcp::acceptor listener_;
    callbacks how_;
};

}  // namespace detail
ROOMPP_NAMESPACE_END
