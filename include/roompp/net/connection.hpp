#pragma once
// A connection as the application sees it, whatever its transport.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/base/utf8_text.hpp>
#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/policies.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Bytes of a connection. For clients that poll these are 0: their requests and responses belong to HTTP connections,
/// see server::on_response().
struct traffic {
    std::uint64_t received = 0;  ///< bytes read from the client
    std::uint64_t sent = 0;      ///< bytes handed over for sending
};

/// One connection to a client, made by the server and held by shared_ptr. It lives on one loop, home(). Rooms and
/// handlers need not know the transport, such as a WebSocket over TCP.
///
/// Thread-safety: send() and close() may be called from any thread, everything else on the connection's loop, where
/// the handlers of a route run.
class connection : public std::enable_shared_from_this<connection> {
public:
    using batch_type = net::frame_batch;

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    virtual ~connection() = default;

    /// Sends a message. Text that is not UTF-8 is sent with U+FFFD in place of each part that is none, since a client must
    /// fail the connection otherwise (RFC 6455, section 8.1). Safe from any thread; does nothing once the connection is closing. A send queue of more than limits::queue_bytes closes the connection with 1013.
    void send(payload message) {
        if (!home_.running_here()) return send_from_other_thread(message);
        if (open_) send_message(detail::utf8_payload(message).get());
    }

    /// Sends a room's messages to this connection: part of the member concept.
    void deliver(const std::shared_ptr<const batch_type>& batch, when_slow slow = when_slow::disconnect) {
        if (open_) send_batch(batch, slow);
    }
    /// Sends a room's messages for this connection alone; none of them is dropped while the connection is open.
    void deliver_own(const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        if (open_) send_own_batch(batch, slow);
    }
    /// Sends a room's messages to many connections of one loop.
    static void deliver_all(connection* const* first, connection* const* last,
                            const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        net::batch_for_many shared(batch);
        for (; first != last; ++first)
            if ((*first)->open_) (*first)->send_shared_batch(shared, slow);
    }

    /// Pauses reading from the client until resume_reading() has been called as often: part of the member concept.
    /// Messages that have been read already are still handled. Bounds the memory of handlers that are slower than the
    /// client. A WebSocket is read on for 64 KiB, once a second, so that pings are answered and a lost peer is noticed; its
    /// messages are handled when reading is resumed.
    void pause_reading() {
        if (pauses_++ == 0) set_reading_paused(true);
    }
    /// Ends one pause_reading().
    void resume_reading() {
        if (--pauses_ == 0) set_reading_paused(false);
    }

    /// Starts the closing handshake (RFC 6455, section 7.1.2). Safe from any thread; does nothing once the connection
    /// is closing.
    /// @param code 1000 to 1003, 1007 to 1014 or 3000 to 4999.
    /// @param reason UTF-8, or repaired with U+FFFD; cut off after 123 bytes.
    /// @throws std::invalid_argument for a code that must not be sent.
    void close(std::uint16_t code = close_code::normal, std::string_view reason = {});

    /// Closes the connection with 1011 because a handler has failed, and reports the exception to the route's on_error.
    /// On the connection's loop.
    void fail(const std::exception_ptr& error) { do_fail(error); }

    /// The loop on which the connection lives.
    [[nodiscard]] loop& home() const noexcept { return home_; }
    /// The peer's address as text, without the port.
    [[nodiscard]] std::string peer_address() const { return find_peer_address(); }
    /// The negotiated subprotocol; empty if there is none.
    [[nodiscard]] const std::string& subprotocol() const { return agreed_subprotocol(); }
    /// Whether the transport is encrypted.
    [[nodiscard]] bool is_secure() const noexcept { return has_secure_transport(); }
    /// The number of rooms that the connection has joined or is joining. For rooms, which maintain it.
    [[nodiscard]] std::size_t& room_count() noexcept { return room_count_; }
    /// The bytes received and sent so far.
    [[nodiscard]] const roompp::traffic& traffic() const noexcept { return traffic_; }
    /// Whether messages can be sent.
    [[nodiscard]] bool is_open() const noexcept { return open_; }

protected:
    explicit connection(loop& home) noexcept : home_(home) {}

    /// From now on messages can be sent.
    void now_open() noexcept { open_ = true; }
    /// From now on no message can be sent.
    void now_closing() noexcept { open_ = false; }
    /// Adds to traffic().
    void count_received(std::size_t bytes) noexcept { traffic_.received += bytes; }
    void count_sent(std::size_t bytes) noexcept { traffic_.sent += bytes; }

private:
    // Implemented by each kind of connection. Called on the home loop; the send functions only while the connection is
    // open.
    virtual void send_message(payload message) = 0;
    virtual void send_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) = 0;
    // Nothing of this batch may be dropped later.
    virtual void send_own_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        send_batch(batch, slow);
    }
    virtual void send_shared_batch(net::batch_for_many& batch, when_slow slow) { send_batch(batch.plain(), slow); }
    // Nothing to do for clients that send one message per request and get a response to each.
    virtual void set_reading_paused(bool) {}
    virtual void start_closing(std::uint16_t code, const std::string& reason) = 0;
    virtual void do_fail(const std::exception_ptr& error) = 0;
    [[nodiscard]] virtual std::string find_peer_address() const = 0;
    [[nodiscard]] virtual const std::string& agreed_subprotocol() const = 0;
    [[nodiscard]] virtual bool has_secure_transport() const noexcept = 0;

    void send_from_other_thread(payload message);

    loop& home_;
    roompp::traffic traffic_;
    std::size_t room_count_ = 0;
    std::uint32_t pauses_ = 0;
    bool open_ = false;
};

/// Unless a policy says otherwise, the members of rooms are this library's connections.
template <>
struct default_members<void> {
    using connection_type = connection;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/net/impl/connection.ipp>
#endif
