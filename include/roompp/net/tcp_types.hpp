#pragma once
// Asio's types on a shard, bound to its io_context's own executor. Asio's default, any_io_executor, is called through a table
// of functions, and compiles more slowly.

#include <chrono>

#include <roompp/config.hpp>
#include <roompp/net/asio.hpp>

#include <asio/basic_signal_set.hpp>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/basic_stream_socket.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/wait_traits.hpp>

ROOMPP_NAMESPACE_BEGIN
namespace net {

/// A connection.
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
/// A listening socket.
using tcp_acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;
/// A timer of the steady clock.
using loop_timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                              asio::io_context::executor_type>;
/// Signals of the process that a loop waits for.
using signal_set = asio::basic_signal_set<asio::io_context::executor_type>;

}  // namespace net
ROOMPP_NAMESPACE_END
