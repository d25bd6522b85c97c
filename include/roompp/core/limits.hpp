#pragma once
// Every bound of a server in one value.

#include <chrono>
#include <cstddef>

namespace roompp {

/// What a server allows and how long it waits. Every bound has a default, chosen so that a public chat works and no
/// client can use up the machine. Timeouts are kept to the second.
struct limits {
    /// Largest message that a client may send, in bytes after reassembly; a larger one closes with 1009. 1 MiB holds
    /// any text that a person writes, and most pictures a page would send.
    std::size_t message_bytes = 1024 * 1024;
    /// Most bytes waiting to be sent to one member; a slower one is closed with 1013. Four of the largest messages.
    std::size_t queue_bytes = 4 * 1024 * 1024;
    /// Largest body of an HTTP request, in bytes; a larger one gets 413.
    std::size_t body_bytes = 64 * 1024;
    /// Most connections at one time; further ones get 503. Shared out evenly over the server's threads.
    std::size_t connections = 100'000;
    /// Longest value of a path parameter such as {room}, in characters.
    std::size_t name_length = 100;
    /// How long a client may take to send a whole request, from its first byte or the connection's start.
    std::chrono::seconds request_timeout{10};
    /// How long an HTTP connection is kept open for another request.
    std::chrono::seconds keep_alive{60};
    /// After this long without a byte from a WebSocket client it is sent a ping. Below the 60 seconds after which
    /// common proxies drop an idle connection.
    std::chrono::seconds ping_interval{30};
    /// How long a client may take to answer a ping before the connection counts as lost (close code 1006).
    std::chrono::seconds ping_timeout{20};
    /// How long a closing handshake, and the sending of what is left, may take.
    std::chrono::seconds close_timeout{5};
    /// How long stop() waits for connections to end.
    std::chrono::seconds stop_timeout{5};
};

}  // namespace roompp
