#pragma once
// Every bound of a server, in one value.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <roompp/config.hpp>

ROOMPP_NAMESPACE_BEGIN

/// What becomes of a message that exceeds limits::messages_per_second or limits::bytes_per_second.
enum class flood : unsigned char {
    close,  ///< the connection is closed with 1008
    drop    ///< the message is dropped, and the client is notified if its protocol has a way to
};

/// What the value of a path's named part, such as the name of a room, may consist of.
enum class name_characters : unsigned char {
    shown,  ///< any script, see is_shown_name()
    ascii   ///< letters, digits, '.', '_' and '-', see is_good_name()
};

/// What a server allows and how long it waits. Every bound has a default, chosen so that a public chat works and no
/// client can use up the machine. Timeouts are precise to the second.
struct limits {
    /// Maximum size of a message from a client, in bytes after reassembly; a larger one closes with 1009. 1 MiB holds
    /// any text that a person writes, and most pictures that a page would send.
    std::size_t message_bytes = 1024 * 1024;
    /// Maximum memory, in bytes, of one member's send queue: the bytes, and a cost for each batch, so that short
    /// messages are bounded too. A member that exceeds it is closed with 1013, or loses messages, as its room's policy
    /// says. The messages of one turn of a room may exceed it if nothing else is queued. Four of the largest messages.
    std::size_t queue_bytes = 4 * 1024 * 1024;
    /// Maximum memory, in bytes, of the send queues of all connections together; what many have queued of one batch counts
    /// once. While it is exceeded, a connection that does not take at once what it is sent is lost: its hooks see 1013. Enough
    /// for 256 members with full queues, as long as the machine has it.
    std::size_t all_queue_bytes = std::size_t{1024} * 1024 * 1024;
    /// Maximum size of an HTTP request's body, in bytes; a larger one gets 413. Messages by POST may have
    /// message_bytes.
    std::size_t body_bytes = 64 * 1024;
    /// Maximum size of an HTTP request's head, in bytes, from the request line to the empty line after the header
    /// fields; a larger one gets 431, or 414 if the request line alone is too large. The trailers of a body in chunks,
    /// and its chunk extensions, may have as much again. Common servers allow 8 to 16 KB.
    std::size_t head_bytes = 16'000;
    /// Maximum number of header fields of an HTTP request; more get 431. Browsers send about 20.
    std::size_t header_fields = 100;
    /// Maximum number of connections at one time; further ones get 503. Divided evenly among the server's threads.
    std::size_t connections = 100'000;
    /// Maximum number of connections of one peer address at one time; further ones get 503. 0, the default: any number,
    /// since behind a proxy all connections have the proxy's address.
    std::size_t connections_per_address = 0;
    /// Number of leading bits of an IPv6 address by which limits by address count, 0 to 128. A host, or a home, has all
    /// addresses of its /64 (RFC 4291, section 2.5.4), so that single ones would limit nobody.
    std::size_t ipv6_prefix = 64;
    /// Maximum number of WebSockets that one peer address may open a second, each of which may join a room that tells it to
    /// everybody; further ones get 429. 0: no limit, as everybody has one address behind a proxy. Clients that poll count as
    /// messages.
    std::uint64_t joins_per_second = 0;
    /// Maximum number of connections at one time that have not yet sent their first whole request; further ones get
    /// 503. Divided evenly among the server's threads. Real clients send it within one round trip.
    std::size_t handshakes = 10'000;
    /// Maximum rate of a client's messages, per second, on average and in one burst; 0: any. Far more than people
    /// write, and than a page should send: every member of a room pays for a flood.
    std::uint64_t messages_per_second = 1000;
    /// Maximum rate of a client's messages in bytes per second, on average; 0: any. One burst may be this, or one
    /// largest message. A few pictures.
    std::uint64_t bytes_per_second = 16 * 1024 * 1024;
    /// What becomes of messages beyond these rates: by default the connection is closed with 1008.
    flood on_flood = flood::close;
    /// Maximum number of members of one room; further ones are closed with 1013.
    std::size_t members_per_room = 100'000;
    /// Maximum number of rooms of one directory, divided evenly among the server's threads; a client that would create
    /// one more is closed with 1013. Empty rooms that wait for members to come back are destroyed before that.
    std::size_t rooms = 10'000;
    /// Maximum memory of the histories of one directory's rooms together, in bytes, divided evenly among the server's
    /// threads. When it is exceeded, empty rooms are destroyed, then the room that has a new message forgets its oldest
    /// ones. Hundreds of rooms with histories of the default size, or 25 KiB for each of 10,000.
    std::size_t history_bytes = 256 * 1024 * 1024;
    /// How long a room of more than 20 members gathers joins and leaves before it tells the members of them, all in one: each
    /// is told to everybody, and who joins is shown everybody. 0: at once. Up to a second serves people.
    std::chrono::milliseconds presence_interval{100};
    /// Maximum number of rooms that one connection is in at one time; it is closed with 1008 when it joins another.
    std::size_t rooms_per_connection = 100;
    /// How long a room with a history stays after its last member has left, so that members who lost their connection
    /// find it again.
    std::chrono::seconds empty_room{60};
    /// Maximum length of a path parameter's value such as {room}, in characters.
    std::size_t name_length = 100;
    /// Which characters such a value may have.
    roompp::name_characters name_characters = roompp::name_characters::shown;
    /// Maximum time for a client to send a whole request, from its first byte or the connection's start.
    std::chrono::seconds request_timeout{10};
    /// Maximum time for a deferred response (see responder); then the client gets 503.
    std::chrono::seconds answer_timeout{120};
    /// Maximum time for which a poll is held until there is news; shortened to 3 s less than answer_timeout if need be,
    /// since an answer without news is an answer too.
    std::chrono::seconds poll_wait{60};
    /// After this long without a poll, a polling client leaves its room. Above the minute for which browsers hold up the
    /// timers of a hidden page, which would otherwise leave and join each minute.
    std::chrono::seconds poll_grace{90};
    /// How long an HTTP connection stays open for another request.
    std::chrono::seconds keep_alive{60};
    /// After this long without a byte from a WebSocket client it is sent a ping. Below the 60 seconds after which
    /// common proxies drop an idle connection.
    std::chrono::seconds ping_interval{30};
    /// Maximum time for a client to answer a ping; then the connection counts as lost (close code 1006).
    std::chrono::seconds ping_timeout{20};
    /// Maximum time for a closing handshake, and for sending what is queued by then.
    std::chrono::seconds close_timeout{5};
    /// How long stop() waits for connections to end.
    std::chrono::seconds stop_timeout{5};
};

ROOMPP_NAMESPACE_END
