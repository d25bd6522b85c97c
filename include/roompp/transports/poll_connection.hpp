#pragma once
// Polling: a connection that lives from one request to the next.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/guarded.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/room_event.hpp>

ROOMPP_NAMESPACE_BEGIN

namespace net {
class shard;
}

/// The room side of a poll_connection: supplies history, presence and JSON framing. Called on the connection's loop, which
/// is the room's home loop as well. Any function may throw: then the connection is closed with 1011.
class poll_source : public net::session {
public:
    /// Whether a client at that point has all messages of the room.
    [[nodiscard]] virtual bool is_up_to_date(const resume_point& point) = 0;
    /// The first frame of a response: the messages after `point`; without a point, or from one too far back, the last `limit`.
    [[nodiscard]] virtual std::string history(const resume_point* point, std::size_t limit) = 0;
    /// A presence frame, for a client that has missed joins and leaves; empty if the room has no presence.
    [[nodiscard]] virtual std::string presence() = 0;
    /// A message of the application as JSON.
    [[nodiscard]] virtual std::string as_frame(payload message) = 0;
};

/// What one poll requests.
struct poll_request {
    std::shared_ptr<const resume_point> resume;  ///< the position of the client; null: it is new
    std::size_t history_limit = 0;               ///< maximum messages if it can't resume
    std::chrono::seconds wait{0};                ///< how long the response may be held until there is news
};

/// A client that polls, as a connection: a member of rooms like any other, over many requests. Messages are read from the
/// room's history, so that none is lost or repeated, whatever becomes of a response on its way. Other events are queued for
/// the next poll, up to 64 KiB; after an overflow the next response has a presence frame in their place. For the format of
/// its batches see poll_encoding. It ends when no poll has come for limits::poll_grace, and counts as a connection of the
/// server.
///
/// Thread-safety: as connection. Lives on one loop, whichever loops the requests arrive on. Held by shared_ptr.
class poll_connection final : public connection {
public:
    /// Internal: registers the connection on the shard, whose loop becomes its home.
    /// @param peer_address that of the first request.
    /// @param slot its share of limits::connections_per_address, released when it ends; null if there is no such limit.
    poll_connection(net::shard& host, std::string peer_address, bool secure,
                    std::unique_ptr<net::connection_limiter::slot> slot = nullptr);
    ~poll_connection() override;

    /// Internal: starts the connection.
    /// @param open creates the room side; may throw.
    /// @param on_end called once, when the connection has ended.
    /// @param on_error receives the exceptions of the room side.
    void start(const std::function<std::unique_ptr<poll_source>()>& open, std::function<void()> on_end,
               std::function<void(std::exception_ptr)> on_error);

    /// Internal: handles a poll. It is answered at once if there is news, or else held for at most request.wait. A poll that
    /// is still held is answered first: a client has one at a time.
    void poll(poll_request request, responder reply);

    /// Internal: the client of this poll has disconnected.
    void drop_poll(const responder& reply);

    /// Internal: the client was active in another way than by a poll.
    void touch();

    /// Internal: ends the connection now, as after limits::poll_grace.
    void leave();

    /// The close code and reason, once is_open() is false.
    [[nodiscard]] const close_event& closing() const noexcept { return close_event_; }

    /// The response to a client whose connection was closed: 403 if it is not to come back, else 503 with Retry-After.
    [[nodiscard]] static response closed_response(const close_event& event);

private:
    class registration;  // on the shard

    struct held_poll {
        poll_request request;
        responder reply;
        loop::clock::time_point deadline;
    };

    // More bytes of events than this are not queued for the next poll.
    static constexpr std::size_t max_queued_bytes = 64 * 1024;

    [[nodiscard]] std::shared_ptr<poll_connection> self();

    // connection
    void send_message(payload message) override;
    void send_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) override;
    void start_closing(std::uint16_t code, const std::string& reason) override;
    void do_fail(const std::exception_ptr& error) override;
    [[nodiscard]] std::string find_peer_address() const override;
    [[nodiscard]] const std::string& agreed_subprotocol() const override;
    [[nodiscard]] bool has_secure_transport() const noexcept override;

    void tick(loop::clock::time_point now);
    void stop();
    void queue(std::string_view frames);
    [[nodiscard]] std::optional<held_poll> take_held_poll();
    [[nodiscard]] bool has_news(const held_poll& poll);
    void answer_if_news();
    void answer(const held_poll& poll);
    void end_with(const close_event& event);
    void end_source();
    void end();
    template <class Action>
    void run_guarded(Action&& action) {
        detail::run_guarded(std::forward<Action>(action), [this](const std::exception_ptr& error) { do_fail(error); });
    }

    std::unique_ptr<registration> registration_;
    std::string peer_address_;
    bool is_secure_;
    std::unique_ptr<poll_source> source_;
    std::function<void()> on_end_;
    std::unique_ptr<net::connection_limiter::slot> slot_;
    std::function<void(std::exception_ptr)> on_error_;
    std::optional<held_poll> held_poll_;
    std::string queued_frames_;    // since the last response, each after a comma
    bool has_overflowed_ = false;  // there were too many of them
    turn::task answer_task_;
    loop::clock::time_point last_active_{};
    close_event close_event_;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/poll_connection.ipp>
#endif
