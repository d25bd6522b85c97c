#pragma once
// Every bound of a server in one value.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// What becomes of a message that comes faster than limits::messages_per_second or limits::bytes_per_second allow.
enum class flood : unsigned char {
    close,  ///< the connection is closed with 1008
    drop    ///< the message is dropped, and the client told so, if its protocol has a way to
};

/// What a server allows and how long it waits. Every bound has a default, chosen so that a public chat works and no
/// client can use up the machine. Timeouts are kept to the second.
struct limits {
    /// Largest message that a client may send, in bytes after reassembly; a larger one closes with 1009. 1 MiB holds
    /// any text that a person writes, and most pictures a page would send.
    std::size_t message_bytes = 1024 * 1024;
    /// Most memory, in bytes, for what waits to be sent to one member: the bytes, and a cost for each batch, so that short
    /// messages are bounded too. A slower one is closed with 1013, or loses messages, as its room's policy says. What a room says in one turn may be more, if nothing else waits. Four of the largest messages.
    std::size_t queue_bytes = 4 * 1024 * 1024;
    /// Largest body of an HTTP request, in bytes; a larger one gets 413. Messages by POST may have message_bytes.
    std::size_t body_bytes = 64 * 1024;
    /// Largest head of an HTTP request, in bytes, from the request line to the empty line after the header fields; a larger
    /// one gets 431, or 414 if the request line alone is too large. The trailers of a body in chunks, and its chunk
    /// extensions, may have as much again. Common servers allow 8 to 16 KB.
    std::size_t head_bytes = 16'000;
    /// Most header fields of an HTTP request; more get 431. Browsers send about 20.
    std::size_t header_fields = 100;
    /// Most connections at one time; further ones get 503. Shared out evenly over the server's threads.
    std::size_t connections = 100'000;
    /// Most connections of one peer address at one time; further ones get 503. No bound of its own by default: behind a
    /// proxy, all connections have the proxy's address.
    std::size_t connections_per_address = 0;
    /// Most connections at one time that have not yet sent their first whole request; further ones get 503. Shared out
    /// evenly over the server's threads. Real clients send it within one round trip.
    std::size_t handshakes = 10'000;
    /// Most messages a second that a client may send, on average, and in one go; 0: any number. Far more than people
    /// write, and than a page should send; a flood costs the others of a room what they have to receive.
    std::uint64_t messages_per_second = 1000;
    /// Most bytes of messages a second that a client may send, on average; 0: any number. In one go it may be this, or
    /// one largest message. A few pictures.
    std::uint64_t bytes_per_second = 16 * 1024 * 1024;
    /// What becomes of messages beyond that: by default the connection is closed with 1008.
    flood on_flood = flood::close;
    /// Most members of one room; further ones are closed with 1013.
    std::size_t members_per_room = 100'000;
    /// Most rooms of one directory, shared out evenly over the server's threads; who would open another is closed with
    /// 1013. Rooms that only wait for somebody to come back make place before that.
    std::size_t rooms = 10'000;
    /// Most memory of the histories of one directory's rooms together, in bytes, shared out evenly over the server's
    /// threads. When it would be more, rooms that only wait for somebody to come back go, then the room that is written to
    /// forgets its oldest messages. Hundreds of rooms with all that one may keep by default, or 25 KiB for each of 10,000.
    std::size_t history_bytes = 256 * 1024 * 1024;
    /// Most rooms that one connection may be in at one time.
    std::size_t rooms_per_connection = 100;
    /// How long a room with a history stays after its last member has left, so that those who lost their connection find
    /// it again.
    std::chrono::seconds empty_room{60};
    /// Longest value of a path parameter such as {room}, in characters.
    std::size_t name_length = 100;
    /// How long a client may take to send a whole request, from its first byte or the connection's start.
    std::chrono::seconds request_timeout{10};
    /// How long a handler that answers later (see responder) may take to do so; then the client gets 503.
    std::chrono::seconds answer_timeout{120};
    /// Longest time for which a client may have a poll held until there is news; if need be shortened to 3 s less than
    /// answer_timeout, for an answer without news is one, too.
    std::chrono::seconds poll_wait{60};
    /// After this long without a poll, a client that polls counts as gone. Browsers may delay a hidden page's timers.
    std::chrono::seconds poll_grace{30};
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

ROOMPP_NAMESPACE_END
