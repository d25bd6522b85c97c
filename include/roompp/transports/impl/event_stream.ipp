#pragma once
// Definitions of <roompp/transports/event_stream.hpp>.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <roompp/base/close.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/config.hpp>
#include <roompp/http/request.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/session.hpp>
#include <roompp/transports/closing_frame.hpp>
#include <roompp/transports/event_stream.hpp>

ROOMPP_NAMESPACE_BEGIN

ROOMPP_DECL std::string event_text(std::string_view data, std::string_view id, std::string_view type) {
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

namespace detail {

[[nodiscard]] ROOMPP_DECL response event_stream_head() {
    response head(200, "text/event-stream", ": welcome\n\n");
    head.headers = {{"X-Accel-Buffering", "no"}};  // a proxy must not hold events back
    return head;
}

}  // namespace detail

ROOMPP_DECL event_stream::event_stream(const request& req, const responder& reply)
    : connection(reply.home()),
      body_(reply.stream(detail::event_stream_head(), body_framing::connection)),
      peer_address_(req.peer_address()),
      is_secure_(req.is_secure()) {}

ROOMPP_DECL void event_stream::start(const std::function<std::unique_ptr<net::session>()>& open,
                                     std::function<void(std::exception_ptr)> on_error) {
    if (!body_.is_open()) return;  // a HEAD request, or the client has disconnected
    on_error_ = std::move(on_error);
    now_open();
    last_write_ = home().now();
    body_.on_end([stream = self()](abort_reason reason) { stream->on_response_end(reason); });
    run_guarded([&] {
        session_ = open();
        if (!is_open()) end_session();  // closed by open()
    });
    schedule_comment();
}

ROOMPP_DECL std::shared_ptr<event_stream> event_stream::self() {
    return std::static_pointer_cast<event_stream>(shared_from_this());
}

ROOMPP_DECL void event_stream::send_message(payload message) {
    if (message.is_text()) write(event_text(message));  // an event can't hold bytes
}

// Batches may be dropped by a slow client: it reconnects with its last id, and resumes if the room still has the messages.
ROOMPP_DECL void event_stream::send_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) {
    last_write_ = home().now();
    count_sent(batch->size());
    body_.write(batch, slow);
}

ROOMPP_DECL void event_stream::send_own_batch(const std::shared_ptr<const batch_type>& batch, when_slow slow) {
    write(batch->bytes(), slow);  // a copy, since shared batches may be dropped
}

ROOMPP_DECL void event_stream::start_closing(std::uint16_t code, const std::string& reason) {
    now_closing();
    close_event_ = {code, reason};
    body_.write(event_text(closing_frame(close_event_), {}, "close"));
    body_.end();
    home().post([stream = self()] { stream->end_session(); });  // not within the application's call
}

ROOMPP_DECL void event_stream::do_fail(const std::exception_ptr& error) {
    if (is_open()) start_closing(close_code::internal_error, "internal error");
    if (on_error_) on_error_(error);
}

ROOMPP_DECL std::string event_stream::find_peer_address() const { return peer_address_; }

ROOMPP_DECL const std::string& event_stream::agreed_subprotocol() const {
    static const std::string none;
    return none;
}

ROOMPP_DECL bool event_stream::has_secure_transport() const noexcept { return is_secure_; }

ROOMPP_DECL void event_stream::write(std::string_view text, when_slow slow) {
    last_write_ = home().now();
    count_sent(text.size());
    body_.write(text, slow);
}

ROOMPP_DECL void event_stream::on_response_end(abort_reason reason) {
    if (is_open()) {
        if (reason == abort_reason::server_stops) return start_closing(close_code::going_away, "server stops");
        now_closing();
        close_event_.code = reason == abort_reason::too_slow ? close_code::try_again_later : close_code::abnormal;
        body_.end();  // the client may have closed only its half of the connection
    }
    end_session();
}

ROOMPP_DECL void event_stream::end_session() {
    comment_timer_.cancel();
    if (const auto session = std::move(session_)) run_guarded([&] { session->on_close(close_event_); });
}

ROOMPP_DECL void event_stream::schedule_comment() {
    comment_timer_ = home().after(last_write_ + max_silence - home().now(), [weak = weak_from_this()] {
        const auto stream = std::static_pointer_cast<event_stream>(weak.lock());
        if (!stream || !stream->is_open()) return;
        if (stream->home().now() - stream->last_write_ >= max_silence) stream->write(": still here\n\n");
        stream->schedule_comment();
    });
}

ROOMPP_NAMESPACE_END
