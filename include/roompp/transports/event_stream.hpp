#pragma once
// Server-sent events: a connection that only sends, over an HTTP response that does not end.

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/guarded.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/session.hpp>

ROOMPP_NAMESPACE_BEGIN

class request;

/// One event of `text/event-stream` (HTML, section 9.2.6). Safe from any thread.
/// @param data text; every line of it becomes a `data:` line.
/// @param id the Last-Event-ID of a client that reconnects after this event; empty for none. No line breaks.
/// @param type the event's name; empty for `message`, which pages receive by default. No line breaks.
[[nodiscard]] std::string event_text(std::string_view data, std::string_view id = {}, std::string_view type = {});

/// A client that reads an event stream, as a connection: a member of rooms like any other, whose batches are the text of
/// events (see encoding). Its address is that of the HTTP connection, and it lives on that connection's loop. It ends with
/// the client. There is no closing handshake: the last event, of type `close`, tells why the server ends the stream.
///
/// Thread-safety: as connection. Held by shared_ptr.
class event_stream final : public connection {
public:
    /// Internal: answers the request with a stream.
    event_stream(const request& req, const responder& reply);

    /// Internal: starts the stream. The stream keeps itself alive until the client disconnects.
    /// @param open creates the session; may throw.
    /// @param on_error receives the exceptions of `open` and of the session.
    void start(const std::function<std::unique_ptr<net::session>()>& open,
               std::function<void(std::exception_ptr)> on_error);

private:
    // Proxies and clients may take a silent stream for dead after less than a minute.
    static constexpr std::chrono::seconds max_silence{15};

    [[nodiscard]] std::shared_ptr<event_stream> self();

    // connection
    void send_message(payload message) override;
    void send_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) override;
    void send_own_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) override;
    void start_closing(std::uint16_t code, const std::string& reason) override;
    void do_fail(const std::exception_ptr& error) override;
    [[nodiscard]] std::string find_peer_address() const override;
    [[nodiscard]] const std::string& agreed_subprotocol() const override;
    [[nodiscard]] bool has_secure_transport() const noexcept override;

    void write(std::string_view text, when_slow slow = when_slow::disconnect);
    void on_response_end(abort_reason reason);
    void end_session();
    void schedule_comment();
    template <class Action>
    void run_guarded(Action&& action) {
        detail::run_guarded(std::forward<Action>(action), [this](const std::exception_ptr& error) { do_fail(error); });
    }

    response_stream body_;
    std::string peer_address_;
    bool is_secure_;
    std::unique_ptr<net::session> session_;
    std::function<void(std::exception_ptr)> on_error_;
    close_event close_event_;
    loop::clock::time_point last_write_{};
    loop::timer comment_timer_;
};

ROOMPP_NAMESPACE_END

#if ROOMPP_HEADER_ONLY
#include <roompp/transports/impl/event_stream.ipp>
#endif
