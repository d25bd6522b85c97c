#pragma once
// A connection as the application sees it, whatever carries it.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/rooms/policies.hpp>

ROOMPP_NAMESPACE_BEGIN

/// Bytes that went over a connection, as far as it is one of its own: the requests and answers of a client that polls are
/// those of HTTP connections, see server::on_response().
struct traffic {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;  ///< handed over for sending
};

/// One connection to a client. Held by shared_ptr; lives on one loop (home()). Made by the server; what is behind it, such
/// as a WebSocket over TCP, makes no difference to rooms and handlers.
///
/// Thread-safety: send() and close() may be called from any thread, everything else on the connection's loop, where
/// the handlers of a route run.
class connection : public std::enable_shared_from_this<connection> {
public:
    using batch_type = net::frame_batch;

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    virtual ~connection() = default;

    /// Sends a message. Text must be UTF-8 (RFC 6455, section 8.1). Safe from any thread; does nothing once the
    /// connection is closing. More than limits::queue_bytes waiting closes the connection with 1013.
    void send(payload message) {
        if (!home_.running_here()) {
            home_.post([self = shared_from_this(), copy = std::string(message.data()), kind = message.kind()] {
                self->send(payload(copy, kind));
            });
            return;
        }
        if (open_) send_message(message);
    }

    /// Sends what a room has gathered for this connection: part of the member concept.
    void deliver(const std::shared_ptr<const batch_type>& batch, when_slow slow = when_slow::disconnect) {
        if (open_) send_batch(batch, slow);
    }
    /// Sends what a room has gathered for this connection alone: nothing of it is ever dropped.
    void deliver_own(const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        if (open_) send_own_batch(batch, slow);
    }
    /// Sends what a room has gathered for many.
    static void deliver_all(connection* const* first, connection* const* last,
                            const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        net::batch_for_many shared(batch);
        for (; first != last; ++first)
            if ((*first)->open_) (*first)->send_shared_batch(shared, slow);
    }

    /// Reads nothing more from the client, but for what has been read already, until go_on() was called as often: part of
    /// the member concept. For who has more to do with what the client has sent than it can keep in mind.
    void pause_reading() {
        if (holds_++ == 0) set_reading_paused(true);
    }
    void resume_reading() {
        if (--holds_ == 0) set_reading_paused(false);
    }

    /// Starts the closing handshake (RFC 6455, section 7.1.2). Safe from any thread; does nothing if it is closing.
    /// @param code 1000 to 1003, 1007 to 1014 or 3000 to 4999.
    /// @param reason UTF-8; what is beyond 123 bytes is cut off.
    /// @throws std::invalid_argument for a code that must not be sent.
    void close(std::uint16_t code = close_code::normal, std::string_view reason = {}) {
        if (!may_be_sent(code))
            throw std::invalid_argument("roompp: close code " + std::to_string(code) +
                                        " must not be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999");
        home_.dispatch([self = shared_from_this(), code, text = std::string(cut(reason))] {
            if (self->open_) self->start_closing(code, text);
        });
    }

    /// Ends the connection because a handler failed: with 1011, after telling its route's on_error. On its loop.
    void fail(const std::exception_ptr& what) { do_fail(what); }

    /// The loop on which it lives.
    [[nodiscard]] loop& home() const noexcept { return home_; }
    /// The peer's address as text, without the port.
    [[nodiscard]] std::string peer_address() const { return find_peer_address(); }
    /// The subprotocol that was agreed upon; empty if none.
    [[nodiscard]] const std::string& subprotocol() const { return agreed_subprotocol(); }
    [[nodiscard]] bool is_secure() const noexcept { return has_secure_transport(); }
    /// In how many rooms it is, or about to be; kept by rooms.
    [[nodiscard]] std::size_t& room_count() noexcept { return room_count_; }
    /// What went over it so far.
    [[nodiscard]] const roompp::traffic& traffic() const noexcept { return traffic_; }
    /// Whether messages can be sent.
    [[nodiscard]] bool is_open() const noexcept { return open_; }

protected:
    explicit connection(loop& home) noexcept : home_(home) {}

    /// Messages can be sent from now on.
    void now_open() noexcept { open_ = true; }
    /// No message can be sent any more.
    void now_closing() noexcept { open_ = false; }
    void count_received(std::size_t bytes) noexcept { traffic_.received += bytes; }
    void count_sent(std::size_t bytes) noexcept { traffic_.sent += bytes; }

private:
    // What a kind of connection does. Called on the home loop; the first three only while it is open.
    virtual void send_message(payload message) = 0;
    virtual void send_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) = 0;
    // Nothing of the batch may be dropped later.
    virtual void send_own_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) {
        send_batch(batch, slow);
    }
    virtual void send_shared_batch(net::batch_for_many& batch, when_slow slow) { send_batch(batch.plain(), slow); }
    // Whether to read. For clients whose messages come one by one, with an answer to each, there is nothing to do.
    virtual void set_reading_paused(bool) {}
    virtual void start_closing(std::uint16_t code, const std::string& reason) = 0;
    virtual void do_fail(const std::exception_ptr& what) = 0;
    [[nodiscard]] virtual std::string find_peer_address() const = 0;
    [[nodiscard]] virtual const std::string& agreed_subprotocol() const = 0;
    [[nodiscard]] virtual bool has_secure_transport() const noexcept = 0;

    static constexpr bool may_be_sent(std::uint16_t code) noexcept {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    }
    // At most 123 bytes (RFC 6455, section 5.5), cut between characters.
    static std::string_view cut(std::string_view reason) noexcept {
        constexpr std::size_t most = 123;
        if (reason.size() <= most) return reason;
        std::size_t end = most;
        while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0U) == 0x80U) --end;
        return reason.substr(0, end);
    }

    loop& home_;
    roompp::traffic traffic_;
    std::size_t room_count_ = 0;
    std::uint32_t holds_ = 0;
    bool open_ = false;
};

/// Unless a policy says otherwise, the members of rooms are this library's connections.
template <>
struct default_members<void> {
    using connection_type = connection;
};

ROOMPP_NAMESPACE_END
