#pragma once
// Server-sent events: a connection that only listens, over an HTTP answer that does not end.

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/session.hpp>
#include <roompp/rooms/policies.hpp>
#include <roompp/transports/closing_frame.hpp>

ROOMPP_NAMESPACE_BEGIN

/// One event of `text/event-stream` (HTML, section 9.2.6).
/// @param data text; every line of it becomes a `data:` line.
/// @param id what a client that comes back says as its Last-Event-ID; empty for none. No line breaks.
/// @param type the event's name; empty for `message`, the one that pages get without asking. No line breaks.
[[nodiscard]] inline std::string event_text(std::string_view data, std::string_view id = {},
                                            std::string_view type = {}) {
    std::string text;
    text.reserve(data.size() + id.size() + type.size() + 24);
    if (!type.empty()) text.append("event: ").append(type).append("\n");
    if (!id.empty()) text.append("id: ").append(id).append("\n");
    for (;;) {
        const std::size_t end = data.find_first_of("\r\n");
        text.append("data: ").append(data.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
    }
    return text.append("\n");
}

/// A client that reads an event stream, as a connection: a member of rooms like any other, whose batches are the text of
/// events (see encoding). Its address is that of the HTTP connection, on whose loop it lives. It ends with the client; there
/// is no closing handshake, so its last event, of type `close`, tells why the server ends it.
class event_stream final : public connection {
public:
    /// For the server: answers the request with a stream.
    event_stream(const request& asked, const responder& later)
        : connection(later.home()),
          body_(later.stream(head(), body_framing::connection)),
          peer_address_(asked.peer_address()),
          is_secure_(asked.is_secure()) {}

    /// For the server: begins. `open` makes what stands behind it; it ends when the client goes, and keeps itself until
    /// then. `failed` is told of exceptions.
    void start(const std::function<std::unique_ptr<net::session>()>& open,
               std::function<void(std::exception_ptr)> failed) {
        if (!body_.is_open()) return;  // asked by HEAD, or gone already
        failed_ = std::move(failed);
        now_open();
        last_word_ = home().now();
        body_.on_end([self = keep()](abort_reason why) { self->gone(why); });
        guarded([&] {
            session_ = open();
            if (!is_open()) end_session();  // it was closed meanwhile
        });
        comment_later();
    }

private:
    // A proxy, and a client, may take a stream without a word for dead after less than a minute.
    static constexpr std::chrono::seconds longest_silence{15};

    static response head() {
        response first(200, "text/event-stream", ": welcome\n\n");
        first.headers = {{"X-Accel-Buffering", "no"}};  // a proxy must not keep events back
        return first;
    }

    [[nodiscard]] std::shared_ptr<event_stream> keep() {
        return std::static_pointer_cast<event_stream>(shared_from_this());
    }

    // connection
    void send_message(payload message) override {
        if (message.is_text()) write(event_text(message));  // bytes can't be said in an event
    }
    // A client that comes back with the last id that it saw has what was forgotten here, if the room still has it.
    void send_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) override {
        last_word_ = home().now();
        count_sent(batch->size());
        body_.write(batch, slow);
    }
    void send_own_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) override {
        write(batch->bytes(), slow);  // as a copy: shared batches may be forgotten
    }
    void start_closing(std::uint16_t code, const std::string& reason) override {
        now_closing();
        how_ = {code, reason};
        body_.write(event_text(closing_frame(how_), {}, "close"));
        body_.end();
        home().post([self = keep()] { self->end_session(); });  // not within what the application does now
    }
    void do_fail(const std::exception_ptr& what) override {
        if (is_open()) start_closing(close_code::internal_error, "internal error");
        if (failed_) failed_(what);
    }
    [[nodiscard]] std::string find_peer_address() const override { return peer_address_; }
    [[nodiscard]] const std::string& agreed_subprotocol() const override {
        static const std::string none;
        return none;
    }
    [[nodiscard]] bool has_secure_transport() const noexcept override { return is_secure_; }

    void write(std::string_view text, when_slow slow = when_slow::disconnect) {
        last_word_ = home().now();
        count_sent(text.size());
        body_.write(text, slow);
    }

    void gone(abort_reason why) {
        if (is_open()) {
            if (why == abort_reason::server_stops) return start_closing(close_code::going_away, "server stops");
            now_closing();
            how_.code = why == abort_reason::too_slow ? close_code::try_again_later : close_code::abnormal;
            body_.end();  // it may have closed only its half of the connection
        }
        end_session();
    }

    void end_session() {
        comment_.cancel();
        if (const auto last = std::move(session_)) guarded([&] { last->on_close(how_); });
    }

    void comment_later() {
        comment_ = home().after(last_word_ + longest_silence - home().now(), [weak = weak_from_this()] {
            const auto self = std::static_pointer_cast<event_stream>(weak.lock());
            if (!self || !self->is_open()) return;
            if (self->home().now() - self->last_word_ >= longest_silence) self->write(": still here\n\n");
            self->comment_later();
        });
    }

    template <class Action>
    void guarded(Action&& action) {
        try {
            action();
        } catch (...) {
            do_fail(std::current_exception());
        }
    }

    response_stream body_;
    std::string peer_address_;
    bool is_secure_;
    std::unique_ptr<net::session> session_;
    std::function<void(std::exception_ptr)> failed_;
    close_event how_;
    loop::clock::time_point last_word_{};
    loop::timer comment_;
};

ROOMPP_NAMESPACE_END
