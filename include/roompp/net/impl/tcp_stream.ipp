#pragma once
// The life of a TCP socket.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/ip/address_v4.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/address_group.hpp>
#include <roompp/net/close_on_exec.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/tcp_stream.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

ROOMPP_DECL tcp_stream::tcp_stream(tcp_socket socket) : socket_(std::move(socket)) {
    std::error_code ignored;  // a socket that refuses these still works, only slower
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    close_on_exec(socket_.native_handle());
}

ROOMPP_DECL void tcp_stream::set_user_timeout([[maybe_unused]] std::chrono::seconds timeout) noexcept {
#ifdef TCP_USER_TIMEOUT
    constexpr std::chrono::hours max_timeout{24};  // fits into the system's int
    const std::chrono::milliseconds time = std::min<std::chrono::seconds>(timeout, max_timeout);
    const auto milliseconds = static_cast<int>(time.count());
    // A socket that refuses it still works.
    (void)::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
#endif
}

ROOMPP_DECL bool tcp_stream::take_slot(connection_limiter& limiter, const limits& limits) {
    if (limits.connections_per_address == 0) return true;
    slot_ = limiter.enter(address_group(peer_address(), limits.ipv6_prefix), limits.connections_per_address);
    return slot_ != nullptr;
}

ROOMPP_DECL void tcp_stream::end_writing() noexcept {
    std::error_code ignored;
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
}

ROOMPP_DECL void tcp_stream::close() noexcept {
    std::error_code ignored;
    socket_.close(ignored);
    slot_.reset();
}

// As to_string() does, but that takes a tenth of a handshake, in snprintf().
[[nodiscard]] ROOMPP_DECL std::string address_text(const asio::ip::address_v4& address) {
    std::string text;
    for (const unsigned byte : address.to_bytes()) {
        if (!text.empty()) text += '.';
        if (byte >= 100) text += static_cast<char>('0' + byte / 100);
        if (byte >= 10) text += static_cast<char>('0' + byte / 10 % 10);
        text += static_cast<char>('0' + byte % 10);
    }
    return text;
}

ROOMPP_DECL std::string tcp_stream::peer_address() const {
    std::error_code ec;
    const auto endpoint = socket_.remote_endpoint(ec);
    if (ec) return {};
    const auto address = endpoint.address();
    if (address.is_v4()) return address_text(address.to_v4());
    if (address.to_v6().is_v4_mapped())
        return address_text(asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()));
    return address.to_string();
}

}  // namespace net
ROOMPP_NAMESPACE_END
