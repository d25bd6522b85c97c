#pragma once
// Definitions of <roompp/transports/poll_connection.hpp>.

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
#include <roompp/base/limits.hpp>
#include <roompp/base/loop.hpp>
#include <roompp/base/payload.hpp>
#include <roompp/base/slow_consumer.hpp>
#include <roompp/base/turn.hpp>
#include <roompp/config.hpp>
#include <roompp/http/responder.hpp>
#include <roompp/http/response.hpp>
#include <roompp/net/connection.hpp>
#include <roompp/net/connection_limiter.hpp>
#include <roompp/net/frame_batch.hpp>
#include <roompp/net/session.hpp>
#include <roompp/net/shard.hpp>
#include <roompp/rooms/room_event.hpp>
#include <roompp/transports/closing_frame.hpp>
#include <roompp/transports/encodings.hpp>
#include <roompp/transports/poll_connection.hpp>

ROOMPP_NAMESPACE_BEGIN

// Counts the connection among those of the shard, and receives its ticks. Kept out of the header, which needs no Asio then.
class poll_connection::registration final : public net::shard::shard_connection {
public:
    registration(net::shard& host, poll_connection& owner) : shard_connection(host), owner_(owner) {}

    // The shard no longer counts the connection, even if it is still referenced.
    void end() noexcept { unregister(); }

private:
    void on_incomplete_send(const std::shared_ptr<const net::frame_batch>&, std::size_t, int) override {
    }                                                                      // it writes nothing
    void tick(loop::clock::time_point now) override { owner_.tick(now); }  // last: the owner may go, and this with it
    void stop() override { owner_.stop(); }
    void abort() override { owner_.stop(); }

    poll_connection& owner_;
};

ROOMPP_DECL poll_connection::poll_connection(net::shard& host, std::string peer_address, bool secure,
                                             std::unique_ptr<net::connection_limiter::slot> slot)
    : connection(host.home()),
      registration_(std::make_unique<registration>(host, *this)),
      peer_address_(std::move(peer_address)),
      is_secure_(secure),
      slot_(std::move(slot)),
      answer_task_([this] { answer_if_news(); }),
      last_active_(home().now()) {}

ROOMPP_DECL poll_connection::~poll_connection() = default;

ROOMPP_DECL void poll_connection::start(const std::function<std::unique_ptr<poll_source>()>& open,
                                        std::function<void()> on_end,
                                        std::function<void(std::exception_ptr)> on_error) {
    on_end_ = std::move(on_end);
    on_error_ = std::move(on_error);
    now_open();
    run_guarded([&] { source_ = open(); });
}

ROOMPP_DECL void poll_connection::poll(poll_request request, responder reply) {
    last_active_ = home().now();
    // In a loop: a response may bring the next poll of the connection that it goes to.
    while (held_poll_) answer(*take_held_poll());
    if (!is_open()) {
        reply.answer(closed_response(close_event_));
        return end();
    }
    const auto deadline = registration_->host().deadline(request.wait);
    held_poll arrived{std::move(request), std::move(reply), deadline};
    if (arrived.request.wait.count() <= 0 || has_news(arrived))
        answer(arrived);
    else
        held_poll_ = std::move(arrived);
}

ROOMPP_DECL void poll_connection::drop_poll(const responder& reply) {
    if (!held_poll_ || held_poll_->reply != reply) return;
    const auto poll = take_held_poll();
    touch();
    // It may have closed only its half of the connection. It gets a response without news: in case it does not read, what is
    // queued here is kept for its next poll.
    if (!source_ || !poll->reply.is_open()) return;
    run_guarded([&] {
        const std::string history = source_->history(poll->request.resume.get(), poll->request.history_limit);
        poll->reply.answer(history.empty() ? closed_response(close_event_) : response::json('[' + history + "]\n"));
    });
}

ROOMPP_DECL void poll_connection::touch() { last_active_ = home().now(); }

ROOMPP_DECL void poll_connection::leave() { end_with({close_code::normal, {}}); }

ROOMPP_DECL response poll_connection::closed_response(const close_event& event) {
    const bool is_final = event.code == close_code::policy_violation || event.code >= 4000;
    response closed(is_final ? 403 : 503, "application/json", closing_frame(event));
    if (!is_final) closed.headers = {{"Retry-After", "5"}};
    return closed;
}

ROOMPP_DECL std::shared_ptr<poll_connection> poll_connection::self() {
    return std::static_pointer_cast<poll_connection>(shared_from_this());
}

ROOMPP_DECL void poll_connection::send_message(payload message) {
    if (message.is_text() && source_) queue(',' + source_->as_frame(message));  // JSON can't hold bytes
}

ROOMPP_DECL void poll_connection::send_batch(const std::shared_ptr<const batch_type>& batch, when_slow) {
    detail::for_each_poll_frames(batch->bytes(), [this](std::string_view frames) { queue(frames); });
    if (held_poll_) home().current_turn().add(answer_task_);  // the room is in a fan-out, and can't be asked now
}

ROOMPP_DECL void poll_connection::start_closing(std::uint16_t code, const std::string& reason) {
    now_closing();
    close_event_ = {code, reason};
    touch();
    // Not within the application's call. Without a held poll, the client is told with its next one.
    home().post([conn = self()] {
        conn->end_source();
        const auto poll = conn->take_held_poll();
        if (!poll) return;
        poll->reply.answer(closed_response(conn->close_event_));
        conn->end();
    });
}

ROOMPP_DECL void poll_connection::do_fail(const std::exception_ptr& error) {
    if (is_open()) start_closing(close_code::internal_error, "internal error");
    if (on_error_) on_error_(error);
}

ROOMPP_DECL std::string poll_connection::find_peer_address() const { return peer_address_; }

ROOMPP_DECL const std::string& poll_connection::agreed_subprotocol() const {
    static const std::string none;
    return none;
}

ROOMPP_DECL bool poll_connection::has_secure_transport() const noexcept { return is_secure_; }

ROOMPP_DECL void poll_connection::tick(loop::clock::time_point now) {
    if (held_poll_) {
        if (now < held_poll_->deadline) return;
        last_active_ = now;
        return answer(*take_held_poll());
    }
    if (now - last_active_ >= registration_->host().limits().poll_grace) end_with({close_code::abnormal, {}});
}

ROOMPP_DECL void poll_connection::stop() {
    if (held_poll_) held_poll_->reply.answer(closed_response({close_code::going_away, "server stops"}));
    held_poll_.reset();
    end_with({close_code::going_away, "server stops"});
}

ROOMPP_DECL void poll_connection::queue(std::string_view frames) {
    if (queued_frames_.size() + frames.size() > max_queued_bytes) {
        queued_frames_ = {};
        has_overflowed_ = true;
    }
    if (!has_overflowed_) queued_frames_.append(frames);
}

ROOMPP_DECL std::optional<poll_connection::held_poll> poll_connection::take_held_poll() {
    return std::exchange(held_poll_, std::nullopt);
}

ROOMPP_DECL bool poll_connection::has_news(const held_poll& poll) {
    if (!queued_frames_.empty() || has_overflowed_ || !poll.request.resume) return true;
    bool is_up_to_date = true;
    run_guarded([&] { is_up_to_date = !source_ || source_->is_up_to_date(*poll.request.resume); });
    return !is_up_to_date;
}

ROOMPP_DECL void poll_connection::answer_if_news() {
    if (!is_open()) return;  // start_closing() answers
    if (held_poll_ && has_news(*held_poll_)) answer(*take_held_poll());
}

ROOMPP_DECL void poll_connection::answer(const held_poll& poll) {
    if (!is_open() || !source_) {
        poll.reply.answer(closed_response(close_event_));
        return;
    }
    run_guarded([&] {
        const std::string history = source_->history(poll.request.resume.get(), poll.request.history_limit);
        if (history.empty()) {  // the room side has failed, and closed this
            poll.reply.answer(closed_response(close_event_));
            return;
        }
        std::string text = '[' + history;
        if (std::exchange(has_overflowed_, false)) {
            const std::string people = source_->presence();
            if (!people.empty()) text.append(",").append(people);
        }
        text.append(queued_frames_).append("]\n");
        queued_frames_.clear();
        poll.reply.answer(response::json(std::move(text)));
    });
    touch();
}

ROOMPP_DECL void poll_connection::end_with(const close_event& event) {
    if (is_open()) {
        now_closing();
        close_event_ = event;
    }
    const auto guard = self();
    end_source();
    end();
}

ROOMPP_DECL void poll_connection::end_source() {
    if (const auto source = std::move(source_)) run_guarded([&] { source->on_close(close_event_); });
}

ROOMPP_DECL void poll_connection::end() {
    const auto guard = self();
    registration_->end();
    slot_.reset();
    if (const auto on_end = std::exchange(on_end_, {})) on_end();
}

ROOMPP_NAMESPACE_END
