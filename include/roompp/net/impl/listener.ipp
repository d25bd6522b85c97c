#pragma once
// Opening a listening socket.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/socket_base.hpp>

#include <roompp/net/close_on_exec.hpp>
#include <roompp/net/listener.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace detail {

ROOMPP_DECL net::tcp_acceptor open_listener(asio::io_context& context, const std::string& address, std::uint16_t port) {
    using asio::ip::tcp;
    const auto open = [&](const tcp::endpoint& endpoint, std::error_code& ec) {
        net::tcp_acceptor listener(context);
        listener.open(endpoint.protocol(), ec);
        if (!ec) net::close_on_exec(listener.native_handle());
        if (!ec) listener.set_option(net::tcp_acceptor::reuse_address(true), ec);
        if (!ec && address.empty() && endpoint.address().is_v6()) listener.set_option(asio::ip::v6_only(false), ec);
        if (!ec) listener.bind(endpoint, ec);
        if (!ec) listener.listen(asio::socket_base::max_listen_connections, ec);
        return listener;
    };

    std::error_code ec;
    if (address.empty()) {
        auto both = open({tcp::v6(), port}, ec);
        if (!ec) return both;
        if (ec == asio::error::address_family_not_supported) {
            ec.clear();
            auto v4 = open({tcp::v4(), port}, ec);
            if (!ec) return v4;
        }
    } else {
        const auto parsed = asio::ip::make_address(address, ec);
        if (ec)
            throw std::invalid_argument("roompp: cannot listen on '" + address +
                                        "': it is neither an IP address, such as 127.0.0.1 or ::1, nor 'localhost'");
        auto listener = open({parsed, port}, ec);
        if (!ec) return listener;
    }
    std::string advice = "check the address";
    if (ec == asio::error::address_in_use)
        advice = "stop the program that uses this port, or choose another port; port 0 picks a free one";
    if (ec == asio::error::access_denied) advice = "ports below 1024 need special rights; choose a higher one";
    throw std::system_error(ec, "roompp: cannot listen on " + (address.empty() ? "port" : address + ", port") + ' ' +
                                    std::to_string(port) + " (" + advice + ')');
}

}  // namespace detail
ROOMPP_NAMESPACE_END
