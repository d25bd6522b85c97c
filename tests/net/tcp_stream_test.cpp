// Real sockets, on 127.0.0.1.

#include <array>
#include <chrono>
#include <functional>
#include <system_error>

#include <roompp/net/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/tcp.hpp>

#include <roompp/net/tcp_stream.hpp>

#include "support/catch.hpp"

#ifdef TCP_USER_TIMEOUT

using asio::ip::tcp;
using namespace std::chrono_literals;

TEST_CASE("A peer that acknowledges nothing any more counts as lost", "[tcp_stream]") {
    asio::io_context context;
    roompp::net::tcp_acceptor listener(context, {asio::ip::address_v4::loopback(), 0});
    tcp::socket peer(context);
    peer.connect(listener.local_endpoint());
    roompp::net::tcp_stream stream(listener.accept());
    stream.set_user_timeout(1s);

    // Nobody reads: the peer's window closes, and the last bytes are never acknowledged.
    const std::array<char, 65536> bytes{};
    std::error_code end;
    std::function<void()> fill = [&] {
        do stream.write_some(asio::buffer(bytes), end);
        while (!end);
        if (roompp::net::tcp_stream::is_would_block(end)) stream.wait_writable([&](const std::error_code&) { fill(); });
    };
    fill();
    context.run();
    CHECK(end == asio::error::timed_out);
}

#endif
